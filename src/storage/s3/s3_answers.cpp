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

bool tells_done(const S3Response& response) {
  return response.ok() && response.body.empty();
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
  if (!document.load_buffer(response.body.data(), response.body.size())) return std::nullopt;
  const std::string value = document.document_element().child_value(element);
  return value.empty() ? std::nullopt : std::optional(value);
}

std::string parse_element(const S3Response& response, const char* element) {
  if (auto value = find_element(response, element)) return std::move(*value);
  throw bad_answer(fmt::format("document with {}", element));
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
