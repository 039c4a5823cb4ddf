#include "storage/s3/s3_failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <pugixml.hpp>

namespace unio {
namespace {

constexpr std::size_t longest_message = 300;

/// What one of the service's names for a failure means. `may_pass` as in S3Failure.
struct Meaning {
  std::string_view name;
  ErrorCode code;
  bool may_pass = false;
  std::string_view hint = {};
};

constexpr std::string_view other_place =
    "--region and --endpoint-url, or the profile, say where the bucket is";
constexpr std::string_view other_credentials =
    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile";
constexpr std::string_view allow_it =
    "whoever owns the bucket has to allow it; docs/bucket.md says what is needed";
constexpr std::string_view is_it_running = "is the service running, and is its port in --endpoint-url?";
constexpr std::string_view set_the_clock = "set this machine's clock";
constexpr std::string_view other_scheme =
    "if it stays so: does --endpoint-url begin with https:// or http:// as the service does?";
constexpr std::string_view no_s3 = "the answer is none of S3: check --endpoint-url, and HTTPS_PROXY";
constexpr std::string_view renew_the_certificate =
    "check this machine's clock; else whoever runs the service has to renew its certificate";
constexpr Meaning handshake_failed{"AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE", ErrorCode::unavailable, false,
                                   "check that --endpoint-url is one of https; s3.ca_bundle or AWS_CA_BUNDLE "
                                   "names the authorities to trust"};

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what other services say.
constexpr std::array by_code{
    Meaning{"NoSuchKey", ErrorCode::not_found},
    Meaning{"NoSuchVersion", ErrorCode::not_found},
    Meaning{"NoSuchUpload", ErrorCode::not_found},
    Meaning{"NoSuchBucket", ErrorCode::not_found, false, "check the bucket's name, and --endpoint-url"},
    Meaning{"PermanentRedirect", ErrorCode::invalid_argument, false, other_place},
    Meaning{"TemporaryRedirect", ErrorCode::invalid_argument, false, other_place},
    Meaning{"AuthorizationHeaderMalformed", ErrorCode::invalid_argument, false, other_place},
    Meaning{"IllegalLocationConstraintException", ErrorCode::invalid_argument, false, other_place},
    Meaning{"PreconditionFailed", ErrorCode::conflict},
    Meaning{"ConditionalRequestConflict", ErrorCode::conflict, true},
    Meaning{"OperationAborted", ErrorCode::conflict, true},
    Meaning{"SignatureDoesNotMatch", ErrorCode::unauthenticated, false, other_credentials},
    Meaning{"InvalidAccessKeyId", ErrorCode::unauthenticated, false, other_credentials},
    Meaning{"XAdminUserNotFound", ErrorCode::unauthenticated, false, other_credentials},
    Meaning{"ExpiredToken", ErrorCode::unauthenticated, false, "get new credentials"},
    Meaning{"InvalidToken", ErrorCode::unauthenticated, false, "get new credentials"},
    Meaning{"TokenRefreshRequired", ErrorCode::unauthenticated, false, "get new credentials"},
    Meaning{"RequestTimeTooSkewed", ErrorCode::unauthenticated, false, set_the_clock},
    Meaning{"AccessDenied", ErrorCode::permission_denied, false, allow_it},
    Meaning{"AllAccessDisabled", ErrorCode::permission_denied, false, allow_it},
    Meaning{"BadDigest", ErrorCode::corruption, true},
    Meaning{"InvalidDigest", ErrorCode::corruption, true},
    Meaning{"XAmzContentChecksumMismatch", ErrorCode::corruption, true},
    Meaning{"XAmzContentSHA256Mismatch", ErrorCode::corruption, true},
    Meaning{"SlowDown", ErrorCode::unavailable, true},
    Meaning{"InternalError", ErrorCode::unavailable, true},
    Meaning{"ServiceUnavailable", ErrorCode::unavailable, true},
    Meaning{"RequestTimeout", ErrorCode::unavailable, true},
    Meaning{"Throttling", ErrorCode::unavailable, true},
    Meaning{"ThrottlingException", ErrorCode::unavailable, true},
    Meaning{"TooManyRequests", ErrorCode::unavailable, true},
    Meaning{"TooManyRequestsException", ErrorCode::unavailable, true},
    Meaning{"NotImplemented", ErrorCode::unsupported},
    Meaning{"QuotaExceeded", ErrorCode::no_space},
    Meaning{"XMinioStorageFull", ErrorCode::no_space},
};

// Names of the library below, for what is no answer of the service.
constexpr std::array by_failure{
    Meaning{
        "AWS_AUTH_SIGNING_NO_CREDENTIALS", ErrorCode::unauthenticated, false,
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile; --no-sign-request reads public data"},
    Meaning{"AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED", ErrorCode::unauthenticated, false, set_the_clock},
    Meaning{"AWS_ERROR_S3_RESPONSE_CHECKSUM_MISMATCH", ErrorCode::corruption, true},
    Meaning{"AWS_ERROR_S3_CANCELED", ErrorCode::deadline_exceeded, true},
    Meaning{"AWS_IO_SOCKET_CONNECTION_REFUSED", ErrorCode::unavailable, true, is_it_running},
    Meaning{"AWS_IO_SOCKET_TIMEOUT", ErrorCode::unavailable, true, is_it_running},
    Meaning{"AWS_IO_TLS_NEGOTIATION_TIMEOUT", ErrorCode::unavailable, true, other_scheme},
    Meaning{"AWS_IO_SOCKET_CLOSED", ErrorCode::unavailable, true, other_scheme},
    Meaning{"AWS_ERROR_HTTP_CONNECTION_CLOSED", ErrorCode::unavailable, true, other_scheme},
    Meaning{"AWS_ERROR_HTTP_PROTOCOL_ERROR", ErrorCode::unavailable, true, other_scheme},
    Meaning{"AWS_IO_DNS_INVALID_NAME", ErrorCode::unavailable, false,
            "check the name of the host in --endpoint-url"},
    Meaning{"S2N_ERR_CERT_UNTRUSTED", ErrorCode::unavailable, false,
            "s3.ca_bundle or AWS_CA_BUNDLE names a PEM file of the authorities to trust"},
    Meaning{"S2N_ERR_CERT_INVALID_HOSTNAME", ErrorCode::unavailable, false,
            "check --endpoint-url and s3.addressing; the authorities to trust are those of s3.ca_bundle"},
    Meaning{"S2N_ERR_CERT_EXPIRED", ErrorCode::unavailable, false, renew_the_certificate},
    Meaning{"S2N_ERR_CERT_NOT_YET_VALID", ErrorCode::unavailable, false, renew_the_certificate},
    handshake_failed,
    Meaning{"AWS_ERROR_HTTP_PROXY_CONNECT_FAILED", ErrorCode::unavailable, false,
            "check HTTPS_PROXY and NO_PROXY"},
    Meaning{"AWS_ERROR_INVALID_ARGUMENT", ErrorCode::internal},
};

template <class Table>
const Meaning* find_meaning(const Table& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Meaning& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

Meaning by_status(int status) {
  switch (status) {
    case 301:
    case 307:
      return {"", ErrorCode::invalid_argument, false, other_place};
    case 401:
      return {"", ErrorCode::unauthenticated, false, other_credentials};
    case 403:
      return {"", ErrorCode::permission_denied, false, allow_it};
    case 404:
      return {"", ErrorCode::not_found};
    case 409:
    case 412:
      return {"", ErrorCode::conflict};
    case 408:
    case 429:
      return {"", ErrorCode::unavailable, true};
    case 501:
      return {"", ErrorCode::unsupported};
    case 507:
      return {"", ErrorCode::no_space};
    default:
      if (status == 0 || status >= 500) return {"", ErrorCode::unavailable, true};
      // An answer of success that does not say what it must.
      if (status < 300) return {"", ErrorCode::corruption};
      return {"", ErrorCode::invalid_argument};
  }
}

/// One line of what a service says, without control characters.
std::string as_line(std::string_view text) {
  std::string line(text.substr(0, longest_message));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  return line;
}

struct ServiceWords {
  std::string code;
  std::string message;
  std::string region;
  std::string endpoint;
};

ServiceWords words_of(const S3Response& response) {
  ServiceWords words;
  pugi::xml_document document;
  if (document.load_buffer(response.body.data(), response.body.size())) {
    const pugi::xml_node error = document.child("Error");
    words = {as_line(error.child_value("Code")), as_line(error.child_value("Message")),
             as_line(error.child_value("Region")), as_line(error.child_value("Endpoint"))};
  }
  if (const auto region = response.find_header("x-amz-bucket-region")) words.region = as_line(*region);
  return words;
}

/// Where the bucket is, as far as the service says it.
std::string place_hint(const ServiceWords& words) {
  if (!words.region.empty()) {
    return fmt::format("the bucket is in region '{0}': --region {0}, or unio config set s3.region {0}",
                       words.region);
  }
  if (!words.endpoint.empty())
    return fmt::format("the service asks for the endpoint '{}': see --endpoint-url and s3.addressing",
                       words.endpoint);
  return std::string(other_place);
}

Meaning meaning_of(const S3Response& response, const ServiceWords& words) {
  const Meaning* meaning = find_meaning(by_code, words.code);
  if (meaning == nullptr && response.status == 0) meaning = find_meaning(by_failure, response.failure);
  if (meaning != nullptr) return *meaning;
  if (response.failure.starts_with("S2N_")) return handshake_failed;
  // Answers to HEAD have no body; the header alone says that this is the wrong region.
  if (response.status == 400 && words.code.empty() && !words.region.empty()) return by_status(301);
  return by_status(response.status);
}

}  // namespace

S3Failure failure_of(const S3Response& response) {
  const ServiceWords words = words_of(response);
  const Meaning meaning = meaning_of(response, words);
  const bool answered = !words.code.empty() || response.status != 0;
  S3Failure failure{meaning.code, answered ? words.message : as_line(response.explanation),
                    std::string(meaning.hint), meaning.may_pass};
  if (meaning.hint == other_place) failure.hint = place_hint(words);
  if (words.code.empty() && response.status >= 400 && !response.body.empty()) failure.hint = no_s3;
  const std::string name = !words.code.empty()    ? words.code
                           : response.status == 0 ? response.failure
                                                  : fmt::format("HTTP {}", response.status);
  failure.why += failure.why.empty() ? name : fmt::format(" ({})", name);
  return failure;
}

Error s3_error(const S3Response& response, std::string_view action, std::string_view key,
               std::string_view store_url) {
  const S3Failure failure = failure_of(response);
  const std::string place =
      key.empty() ? fmt::format("'{}'", store_url) : fmt::format("'{}' in '{}'", key, store_url);
  if (response.status == 404 && !key.empty() && failure.code == ErrorCode::not_found &&
      failure.hint.empty()) {
    return Error(ErrorCode::not_found, fmt::format("no object {}", place));
  }
  return Error(failure.code, fmt::format("cannot {} {}: {}", action, place, failure.why), failure.hint);
}

}  // namespace unio
