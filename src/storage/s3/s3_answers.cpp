#include "storage/s3/s3_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <pugixml.hpp>

#include "base/percent.hpp"

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
constexpr std::string_view set_the_clock = "set this machine's clock";

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
    Meaning{"AccessDenied", ErrorCode::permission_denied},
    Meaning{"AllAccessDisabled", ErrorCode::permission_denied},
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
    Meaning{"AWS_IO_DNS_INVALID_NAME", ErrorCode::unavailable, false,
            "check the name of the host in --endpoint-url"},
    Meaning{"AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE", ErrorCode::unavailable, false,
            "AWS_CA_BUNDLE names the authorities to trust; --endpoint-url http://… speaks without TLS"},
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
      return {"", ErrorCode::permission_denied};
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
};

ServiceWords words_of(const S3Response& response) {
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size())) return {};
  const pugi::xml_node error = document.child("Error");
  return {as_line(error.child_value("Code")), as_line(error.child_value("Message"))};
}

Error bad_answer(std::string_view what) {
  return Error(ErrorCode::corruption, fmt::format("the service's answer is no {}", what),
               "is something between here and the service that changes answers?");
}

/// The root of a document of the wanted kind. A document that was cut is none.
pugi::xml_node parse_root(pugi::xml_document& document, const S3Response& response, const char* name) {
  const auto parsed = document.load_buffer(response.body.data(), response.body.size());
  const pugi::xml_node root = document.child(name);
  if (!parsed || !root) throw bad_answer(name);
  return root;
}

std::uint64_t number_of(const pugi::xml_node& node, const char* child) {
  const std::string_view text = node.child_value(child);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) throw bad_answer(child);
  return number;
}

/// ISO 8601 with or without a fraction: what parse_time reads; the epoch where a service writes something
/// else.
Time time_of(const pugi::xml_node& node, const char* child) {
  try {
    return parse_time(node.child_value(child));
  } catch (const Error&) {
    return {};
  }
}

bool is_truncated(const pugi::xml_node& root) {
  return std::string_view(root.child_value("IsTruncated")) == "true";
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

S3Failure failure_of(const S3Response& response) {
  const ServiceWords words = words_of(response);
  const Meaning fallback = by_status(response.status);
  const Meaning* meaning = find_meaning(by_code, words.code);
  if (meaning == nullptr && response.status == 0) meaning = find_meaning(by_failure, response.failure);
  if (meaning == nullptr) meaning = &fallback;
  const bool answered = !words.code.empty() || response.status != 0;
  S3Failure failure{meaning->code, answered ? words.message : as_line(response.explanation),
                    std::string(meaning->hint), meaning->may_pass};
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

ObjectInfo info_from_headers(const S3Response& response, std::string_view key) {
  ObjectInfo info;
  info.key = key;
  if (const auto etag = response.find_header("etag")) info.etag = *etag;
  if (const auto version = response.find_header("x-amz-version-id"); version && *version != "null")
    info.version = *version;
  const auto date = response.find_header("last-modified");
  if (const auto time = parse_http_date(date ? *date : response.find_header("date").value_or("")))
    info.modified = *time;
  // "bytes 0-9/1234" says how large the whole is; the length of an answer only how large that is.
  std::string_view size = response.find_header("content-length").value_or("0");
  if (const auto range = response.find_header("content-range")) size = range->substr(range->find('/') + 1);
  std::from_chars(size.data(), size.data() + size.size(), info.size);
  return info;
}

std::optional<Time> parse_http_date(std::string_view text) {
  std::tm time{};
  const std::string terminated(text);
  const char* end = ::strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return time_from_unix_seconds(::timegm(&time));
}

S3Listing parse_listing(const S3Response& response) {
  pugi::xml_document document;
  const pugi::xml_node root = parse_root(document, response, "ListBucketResult");
  // Keys may hold what XML cannot; whoever encodes them says so.
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  const auto text = [&](const pugi::xml_node& node, const char* child) {
    const std::string_view value = node.child_value(child);
    return encoded ? decode_url_path(value) : std::string(value);
  };
  S3Listing listing;
  for (const pugi::xml_node& object : root.children("Contents")) {
    listing.objects.push_back({text(object, "Key"), number_of(object, "Size"), object.child_value("ETag"),
                               time_of(object, "LastModified"), std::nullopt});
  }
  for (const pugi::xml_node& folder : root.children("CommonPrefixes"))
    listing.folders.push_back(text(folder, "Prefix"));
  if (!is_truncated(root)) return listing;
  listing.next = root.child_value("NextContinuationToken");
  if (listing.next.empty()) throw bad_answer("listing that can be continued");
  return listing;
}

S3PartListing parse_parts(const S3Response& response) {
  pugi::xml_document document;
  const pugi::xml_node root = parse_root(document, response, "ListPartsResult");
  S3PartListing listing;
  for (const pugi::xml_node& part : root.children("Part")) {
    listing.parts.push_back({static_cast<int>(number_of(part, "PartNumber")), number_of(part, "Size"),
                             part.child_value("ETag"), part.child_value("ChecksumSHA256")});
  }
  if (is_truncated(root)) listing.next = root.child_value("NextPartNumberMarker");
  return listing;
}

S3UploadListing parse_uploads(const S3Response& response) {
  pugi::xml_document document;
  const pugi::xml_node root = parse_root(document, response, "ListMultipartUploadsResult");
  S3UploadListing listing;
  for (const pugi::xml_node& upload : root.children("Upload")) {
    listing.uploads.push_back(
        {upload.child_value("Key"), upload.child_value("UploadId"), time_of(upload, "Initiated")});
  }
  if (is_truncated(root)) {
    listing.next_key = root.child_value("NextKeyMarker");
    listing.next_id = root.child_value("NextUploadIdMarker");
  }
  return listing;
}

S3VersionListing parse_versions(const S3Response& response) {
  pugi::xml_document document;
  const pugi::xml_node root = parse_root(document, response, "ListVersionsResult");
  S3VersionListing listing;
  for (const pugi::xml_node& version : root.children("Version")) {
    ObjectInfo object{version.child_value("Key"), number_of(version, "Size"), version.child_value("ETag"),
                      time_of(version, "LastModified"), version.child_value("VersionId")};
    listing.versions.push_back(
        {std::move(object), std::string_view(version.child_value("IsLatest")) == "true"});
  }
  if (is_truncated(root)) {
    listing.next_key = root.child_value("NextKeyMarker");
    listing.next_id = root.child_value("NextVersionIdMarker");
  }
  return listing;
}

std::optional<std::string> find_element(const S3Response& response, const char* element) {
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size())) throw bad_answer("XML");
  std::string value = document.document_element().child_value(element);
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

std::string parse_element(const S3Response& response, const char* element) {
  auto value = find_element(response, element);
  if (!value) throw bad_answer(element);
  return std::move(*value);
}

std::string remove_objects_body(const std::vector<std::string>& full_keys) {
  std::string body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (const std::string& key : full_keys)
    body += fmt::format("<Object><Key>{}</Key></Object>", escaped(key));
  return body + "</Delete>";
}

bool removed_all(const S3Response& response) {
  pugi::xml_document document;
  const bool whole = document.load_buffer(response.body.data(), response.body.size());
  const pugi::xml_node root = document.child("DeleteResult");
  return whole && root && !root.child("Error");
}

std::string complete_upload_body(const std::vector<S3Part>& parts) {
  std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const S3Part& part : parts) {
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag>", part.number, escaped(part.etag));
    if (!part.sha256.empty()) body += fmt::format("<ChecksumSHA256>{}</ChecksumSHA256>", part.sha256);
    body += "</Part>";
  }
  return body + "</CompleteMultipartUpload>";
}

}  // namespace unio
