#include "app/s3_connections.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "storage/s3/retrying_client.hpp"

namespace unio {
namespace {

constexpr std::string_view default_region = "us-east-1";
constexpr std::string_view aws_domain = ".amazonaws.com";

std::optional<std::string> non_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

/// Whether this machine has the metadata service that gives it credentials. Elsewhere asking would take
/// seconds.
bool is_on_ec2(const Environment& environment) {
  if (environment.find("AWS_EC2_METADATA_DISABLED") == "true") return false;
  if (environment.find("AWS_EC2_METADATA_SERVICE_ENDPOINT")) return true;
  try {
    const auto vendor = find_file("/sys/devices/virtual/dmi/id/sys_vendor", 256);
    return vendor && vendor->starts_with("Amazon EC2");
  } catch (const Error&) {
    return false;
  }
}

bool is_of_aws(std::string_view endpoint) {
  const std::string_view host = endpoint.substr(endpoint.find("://") + 3);
  return host.substr(0, host.find(':')).ends_with(aws_domain);
}

}  // namespace

S3Connections::S3Connections(const Config& config, const Environment& environment, RandomSource& random)
    : config_(config),
      environment_(environment),
      random_(random),
      runtime_({.ca_file = non_empty(config.get("s3.ca_bundle").value)}) {}

std::optional<std::string> S3Connections::find_setting(const std::string& bucket,
                                                       std::string_view key) const {
  return non_empty(config_.get_for_bucket(bucket, key));
}

std::optional<std::string> S3Connections::find_in_profile(const std::string& bucket,
                                                          const std::string& property) const {
  return find_profile_property(find_setting(bucket, "s3.profile"), "s3", property);
}

const AwsSigner& S3Connections::signer_of(const std::string& bucket) {
  const auto profile = find_setting(bucket, "s3.profile");
  const bool anonymous = find_setting(bucket, "s3.anonymous") == "yes";
  auto& signer = signers_[{profile, anonymous}];
  if (!signer) {
    const AwsCredentials credentials{
        .anonymous = anonymous, .profile = profile, .ask_metadata_service = is_on_ec2(environment_)};
    signer = std::make_unique<AwsSigner>(runtime_, credentials);
  }
  return *signer;
}

S3Place S3Connections::place_of(const std::string& bucket) const {
  S3Place place{.bucket = bucket, .endpoint = {}, .region = std::string(default_region), .path_style = false};
  if (auto region = find_setting(bucket, "s3.region")) {
    place.region = *region;
  } else if (auto fallback = environment_.find("AWS_DEFAULT_REGION")) {
    place.region = *fallback;
  } else if (auto own = find_in_profile(bucket, "region")) {
    place.region = *own;
  }
  if (auto endpoint = find_setting(bucket, "s3.endpoint")) {
    place.endpoint = *endpoint;
  } else if (auto fallback = environment_.find("AWS_ENDPOINT_URL")) {
    place.endpoint = *fallback;
  } else {
    const auto own = find_in_profile(bucket, "endpoint_url");
    place.endpoint = own ? *own : fmt::format("https://s3.{}{}", place.region, aws_domain);
  }
  while (place.endpoint.ends_with('/')) place.endpoint.pop_back();
  const bool has_scheme = place.endpoint.starts_with("http://") || place.endpoint.starts_with("https://");
  if (!has_scheme || place.endpoint.find('/', place.endpoint.find("://") + 3) != std::string::npos) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no endpoint of S3", place.endpoint),
                "write it as https://host or http://host:port");
  }
  const std::string addressing = config_.get_for_bucket(bucket, "s3.addressing");
  // A dot in the bucket's name would not fit the service's certificate; few services but AWS know bucket
  // hosts.
  const bool own_host = is_of_aws(place.endpoint) && bucket.find('.') == std::string::npos;
  place.path_style = addressing == "path" || (addressing == "auto" && !own_host);
  return place;
}

const S3Connections::Connection& S3Connections::get(const std::string& bucket) {
  if (const auto known = connections_.find(bucket); known != connections_.end()) return known->second;
  const S3Place place = place_of(bucket);
  const auto connections = static_cast<unsigned>(config_.get_number("s3.connections"));
  auto client = std::make_unique<AwsClient>(runtime_, signer_of(bucket), place,
                                            AwsClient::Options{.connections = connections});
  Connection connection{
      std::make_unique<RetryingClient>(std::move(client), random_),
      fmt::format("{} {}", place.endpoint, find_setting(bucket, "s3.profile").value_or(""))};
  return connections_.emplace(bucket, std::move(connection)).first->second;
}

}  // namespace unio
