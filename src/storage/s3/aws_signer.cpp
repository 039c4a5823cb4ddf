#include "storage/s3/aws_signer.hpp"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>
#include <aws/common/string.h>
#include <aws/sdkutils/aws_profile.h>
#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "storage/s3/aws_handles.hpp"

namespace unio {
namespace {

using Provider = Handle<aws_credentials_provider, aws_credentials_provider_release>;
using Profiles = Handle<aws_profile_collection, aws_profile_collection_release>;
using Text = Handle<aws_string, aws_string_destroy>;

constexpr std::uint64_t credentials_are_kept_ms = 15 * 60 * 1000;

Text make_text(std::string_view text) {
  return Text(aws_string_new_from_array(aws_default_allocator(),
                                        reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

/// The profiles of both files; empty where neither is there.
Profiles load_profiles() {
  aws_allocator* allocator = aws_default_allocator();
  const Text config_path(aws_get_config_file_path(allocator, nullptr));
  const Text credentials_path(aws_get_credentials_file_path(allocator, nullptr));
  const auto load = [&](const Text& path, aws_profile_source_type type) {
    return Profiles(path ? aws_profile_collection_new_from_file(allocator, path.get(), type) : nullptr);
  };
  const Profiles config = load(config_path, AWS_PST_CONFIG);
  const Profiles credentials = load(credentials_path, AWS_PST_CREDENTIALS);
  return Profiles(aws_profile_collection_new_from_merge(allocator, config.get(), credentials.get()));
}

bool is_set(const char* variable) {
  const char* value = ::getenv(variable);
  return value != nullptr && *value != '\0';
}

std::string name_of(const std::optional<std::string>& profile) {
  if (profile) return *profile;
  return is_set("AWS_PROFILE") ? ::getenv("AWS_PROFILE") : "default";
}

const aws_profile* find_profile(const Profiles& profiles, const std::string& name) {
  return profiles ? aws_profile_collection_get_profile(profiles.get(), make_text(name).get()) : nullptr;
}

/// Where credentials may come from, in the order in which they are added.
class Sources {
 public:
  Sources(AwsRuntime& runtime, std::string profile) : runtime_(runtime), profile_(std::move(profile)) {
    proxy_.env_var_type = AWS_HPEV_ENABLE;
  }

  void add_environment();
  void add_profile();
  void add_web_identity();
  void add_sso();
  void add_container();
  void add_machine();

  std::string names() const { return fmt::format("{}", fmt::join(names_, ", ")); }
  Provider make_chain() const;
  std::optional<std::string> find_property(const std::string& property) const {
    return find_profile_property(profile_, "sts", property);
  }

 private:
  /// What the library makes nothing of has no credentials.
  void add(std::string name, aws_credentials_provider* provider) {
    names_.push_back(std::move(name));
    if (provider != nullptr) providers_.emplace_back(provider);
  }

  AwsRuntime& runtime_;
  const std::string profile_;
  proxy_env_var_settings proxy_{};
  std::vector<std::string> names_;
  std::vector<Provider> providers_;
};

void Sources::add_environment() {
  const aws_credentials_provider_environment_options options{};
  add("AWS_ACCESS_KEY_ID", aws_credentials_provider_new_environment(aws_default_allocator(), &options));
}

void Sources::add_profile() {
  aws_credentials_provider_profile_options options{};
  options.bootstrap = runtime_.bootstrap();
  options.profile_name_override = cursor_of(profile_);
  options.proxy_ev_settings = &proxy_;
  const char* what = "";
  if (find_property("role_arn")) {
    what = "the role of ";
    options.tls_ctx =
        runtime_.tls();  // else the library would make one that knows nothing of our authorities
  } else if (find_property("credential_process")) {
    what = "the credential_process of ";
  }
  add(fmt::format("{}profile '{}'", what, profile_),
      aws_credentials_provider_new_profile(aws_default_allocator(), &options));
}

void Sources::add_web_identity() {
  aws_credentials_provider_sts_web_identity_options options{};
  options.bootstrap = runtime_.bootstrap();
  options.tls_ctx = runtime_.tls();
  options.proxy_ev_settings = &proxy_;
  add("AWS_WEB_IDENTITY_TOKEN_FILE",
      aws_credentials_provider_new_sts_web_identity(aws_default_allocator(), &options));
}

void Sources::add_sso() {
  aws_credentials_provider_sso_options options{};
  options.bootstrap = runtime_.bootstrap();
  options.tls_ctx = runtime_.tls();
  options.profile_name_override = cursor_of(profile_);
  options.proxy_ev_settings = &proxy_;
  add("the token of aws sso login", aws_credentials_provider_new_sso(aws_default_allocator(), &options));
}

void Sources::add_container() {
  aws_credentials_provider_ecs_environment_options options{};
  options.bootstrap = runtime_.bootstrap();
  options.tls_ctx = runtime_.tls();  // asked for even where the address is one of http
  add("AWS_CONTAINER_CREDENTIALS_FULL_URI",
      aws_credentials_provider_new_ecs_from_environment(aws_default_allocator(), &options));
}

void Sources::add_machine() {
  aws_credentials_provider_imds_options options{};
  options.bootstrap = runtime_.bootstrap();
  add("the machine's role", aws_credentials_provider_new_imds(aws_default_allocator(), &options));
}

/// Empty when nothing can have credentials.
Provider Sources::make_chain() const {
  std::vector<aws_credentials_provider*> borrowed;
  for (const Provider& provider : providers_) borrowed.push_back(provider.get());
  if (borrowed.empty()) return Provider();
  aws_credentials_provider_chain_options options{};
  options.providers = borrowed.data();
  options.provider_count = borrowed.size();
  return Provider(aws_credentials_provider_new_chain(aws_default_allocator(), &options));
}

/// All there are, in the order of AWS's own tools: a profile that was asked for goes over the environment.
Sources find_sources(AwsRuntime& runtime, const AwsCredentials& wanted) {
  if (wanted.profile && find_profile(load_profiles(), *wanted.profile) == nullptr) {
    throw Error(ErrorCode::unauthenticated, fmt::format("there is no profile '{}'", *wanted.profile),
                "profiles are in ~/.aws/config and ~/.aws/credentials");
  }
  Sources sources(runtime, name_of(wanted.profile));
  if (!wanted.profile) sources.add_environment();
  sources.add_profile();
  if (sources.find_property("sso_account_id")) sources.add_sso();
  if (!wanted.profile && is_set("AWS_WEB_IDENTITY_TOKEN_FILE")) sources.add_web_identity();
  if (is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") || is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    sources.add_container();
  if (wanted.ask_metadata_service) sources.add_machine();
  return sources;
}

}  // namespace

AwsSigner::AwsSigner(AwsRuntime& runtime, const AwsCredentials& credentials) {
  aws_allocator* allocator = aws_default_allocator();
  if (credentials.anonymous) {
    provider_ = aws_credentials_provider_new_anonymous(allocator, nullptr);
  } else {
    const Sources sources = find_sources(runtime, credentials);
    no_credentials_ = fmt::format("no credentials from {}", sources.names());
    const Provider source = sources.make_chain();
    if (!source) throw Error(ErrorCode::unauthenticated, no_credentials_, "check that profile");
    aws_credentials_provider_cached_options cached{};
    cached.source = source.get();
    cached.refresh_time_in_milliseconds = credentials_are_kept_ms;
    provider_ = aws_credentials_provider_new_cached(allocator, &cached);
  }
  if (provider_ == nullptr) throw Error(ErrorCode::internal, aws_error_debug_str(aws_last_error()));
}

AwsSigner::~AwsSigner() {
  aws_credentials_provider_release(provider_);
}

std::optional<std::string> find_profile_property(const std::optional<std::string>& profile,
                                                 const std::string& service, const std::string& property) {
  const Profiles profiles = load_profiles();
  const aws_profile* found = find_profile(profiles, name_of(profile));
  if (found == nullptr) return std::nullopt;
  const Text key = make_text(property);
  const Text services_key = make_text("services");
  if (const auto* services = aws_profile_get_property(found, services_key.get())) {
    const auto* section = aws_profile_collection_get_section(
        profiles.get(), AWS_PROFILE_SECTION_TYPE_SERVICES, aws_profile_property_get_value(services));
    const Text service_key = make_text(service);
    const auto* entry = section == nullptr ? nullptr : aws_profile_get_property(section, service_key.get());
    const auto* value = entry == nullptr ? nullptr : aws_profile_property_get_sub_property(entry, key.get());
    if (value != nullptr) return std::string(aws_string_c_str(value), value->len);
  }
  const auto* value = aws_profile_get_property(found, key.get());
  if (value == nullptr) return std::nullopt;
  const aws_string* text = aws_profile_property_get_value(value);
  return std::string(aws_string_c_str(text), text->len);
}

}  // namespace unio
