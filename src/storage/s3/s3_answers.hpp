#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "storage/object_store.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

/// What the headers of an answer to GET, HEAD or PUT say of an object.
ObjectInfo info_from_headers(const S3Response& response, std::string_view key);

/// Success of a removal, or of another change that is answered without a body: a page in which one has to log
/// in first has one.
bool tells_done(const S3Response& response);

/// "Wed, 21 Oct 2015 07:28:00 GMT", as HTTP dates are written; absent for anything else.
std::optional<Time> parse_http_date(std::string_view text);

/// The answer to ListObjectsV2. Keys are as the service has them, decoded.
struct S3Listing {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> folders;
  std::string next;
};
/// The answer to ListParts, for the parts of one upload.
struct S3Part {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;
  std::string sha256;  ///< base64; empty when the service keeps none
};
struct S3PartListing {
  std::vector<S3Part> parts;
  std::string next;
};
/// The answer to ListMultipartUploads.
struct S3Upload {
  std::string key;
  std::string id;
  Time started{};
};
struct S3UploadListing {
  std::vector<S3Upload> uploads;
  std::string next_key;
  std::string next_id;
};

/// The answer to ListObjectVersions, without delete markers, the newest of each key first.
struct S3Version {
  ObjectInfo object;
  bool is_latest = false;
};
struct S3VersionListing {
  std::vector<S3Version> versions;
  std::string next_key;
  std::string next_id;
};

// All of these: Error corruption when the answer is no whole XML document of its kind.
S3Listing parse_listing(const S3Response& response);
S3PartListing parse_parts(const S3Response& response);
S3UploadListing parse_uploads(const S3Response& response);
S3VersionListing parse_versions(const S3Response& response);
/// The text of one element below the root, "UploadId", "ETag".
std::string parse_element(const S3Response& response, const char* element);

/// The same; absent where it says nothing.
std::optional<std::string> find_element(const S3Response& response, const char* element);

/// The body of DeleteObjects, and whether its answer names no object that stayed.
std::string remove_objects_body(const std::vector<std::string>& full_keys);
bool removed_all(const S3Response& response);

/// The body of CompleteMultipartUpload.
std::string complete_upload_body(const std::vector<S3Part>& parts);

}  // namespace unio
