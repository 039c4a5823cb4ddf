#include "storage/s3/s3_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/percent.hpp"
#include "storage/listing.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_requests.hpp"

namespace unio {
namespace {

constexpr std::size_t most_listed = 1000;

std::string without_slash(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

std::string without_quotes(std::string etag) {
  std::erase(etag, '"');
  return etag;
}

}  // namespace

S3Store::S3Store(S3Client& client, std::string bucket, std::string prefix, std::string service)
    : client_(client),
      bucket_(std::move(bucket)),
      prefix_(prefix.empty() ? std::string() : without_slash(std::move(prefix)) + "/"),
      url_(without_slash(fmt::format("s3://{}/{}", bucket_, encode_url_path(prefix_)))),
      service_(std::move(service)) {}

std::string S3Store::full_key(std::string_view key) const {
  return prefix_ + std::string(key);
}

std::string S3Store::own_key(std::string_view full_key) const {
  check(full_key.starts_with(prefix_), "a key outside the prefix that was asked for");
  return std::string(full_key.substr(prefix_.size()));
}

S3Request S3Store::request(std::string_view operation, std::string_view method, std::string_view key) const {
  S3Request request;
  request.operation = operation;
  request.method = method;
  if (!key.empty()) request.key = full_key(key);
  return request;
}

S3Request S3Store::put_request(std::string_view key, Bytes content, const Condition& condition) const {
  S3Request put = request("PutObject", "PUT", key);
  put.body = as_text(content);
  add_sha256(put);
  add_condition(put, condition);
  retain_new(put, key);
  return put;
}

Condition S3Store::enforced(std::string_view key, const Condition& condition, Change change) {
  const StoreCapabilities able = capabilities();
  bool known = true;
  switch (condition.kind) {
    case Condition::Kind::none:
      return condition;
    case Condition::Kind::absent:
      known = change == Change::completion ? able.conditional_completion : able.create_only;
      break;
    case Condition::Kind::matches:
      known = change == Change::removal ? able.conditional_removal : able.swap;
      break;
  }
  if (known) {
    const bool bare = condition.kind == Condition::Kind::matches && !able.quoted_etags;
    return bare ? Condition::matches(without_quotes(condition.etag)) : condition;
  }
  const Found present = find(key);
  const bool holds =
      condition.kind == Condition::Kind::absent ? !present : present && present->etag == condition.etag;
  if (!holds) throw condition_failed(url_, key, condition);
  return Condition::none();
}

S3Store::Found S3Store::found_in(const S3Response& response, std::string_view key) const {
  if (response.tells_object()) return info_from_headers(response, key);
  if (response.status == 404 && failure_of(response).hint.empty()) return std::nullopt;
  throw s3_error(response, "look at", key, url_);
}

std::optional<ObjectInfo> S3Store::find(std::string_view key) {
  check_object_key(key);
  return found_in(look_at(request("HeadObject", "HEAD", key)), key);
}

S3Request S3Store::checksum_request(std::string_view key, const std::optional<std::string>& version) const {
  S3Request head = request("HeadObject", "HEAD", key);
  if (version) head.query = {{"versionId", *version}};
  head.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  return head;
}

/// An answer to HEAD has no room for words. Where they are needed, the same question as GET brings them.
S3Response S3Store::look_at(S3Request head) {
  S3Response response = send_and_wait(client_, head);
  const auto refused = [](const S3Response& r) {
    return r.status == 400 || r.status == 401 || r.status == 403;
  };
  if (!refused(response)) return response;
  head.operation = "GetObject";
  head.method = "GET";
  head.headers = {{"range", "bytes=0-0"}};
  head.once = true;
  S3Response explained = send_and_wait(client_, std::move(head));
  return refused(explained) ? explained : response;
}

ObjectInfo S3Store::written(const S3Response& response, std::string_view key, std::uint64_t size) const {
  ObjectInfo info = info_from_headers(response, key);
  info.size = size;
  return info;
}

Error S3Store::write_error(const S3Response& response, std::string_view key,
                           const Condition& condition) const {
  const ErrorCode code = failure_of(response).code;
  const bool refused = code == ErrorCode::conflict && response.status == 412;
  const bool gone = code == ErrorCode::not_found && condition.kind == Condition::Kind::matches;
  if (refused || gone) return condition_failed(url_, key, condition);
  return s3_error(response, "write", key, url_);
}

S3Store::Found S3Store::find_same(std::string_view key, std::uint64_t size, std::string_view sha256) {
  const S3Response there = look_at(checksum_request(key));
  const Found info = found_in(there, key);
  if (!info || info->size != size) return std::nullopt;
  if (const auto kept = there.find_header("x-amz-checksum-sha256"))
    return *kept == sha256 ? info : std::nullopt;
  Sha256 hash;
  const ObjectInfo content = read(key, {}, [&](Bytes bytes) { hash.update(bytes); });
  return to_base64(hash.finish()) == sha256 ? std::optional(content) : std::nullopt;
}

ObjectInfo S3Store::settle_write(const S3Response& response, std::string_view key, std::uint64_t size,
                                 std::string_view sha256, const Condition& condition) {
  const Error error = write_error(response, key, condition);
  if (!response.maybe_repeated || error.code() != ErrorCode::conflict) throw error;
  const Found own = find_same(key, size, sha256);
  if (!own) throw error;
  return *own;
}

ObjectInfo S3Store::write(std::string_view key, Bytes content, const Condition& condition) {
  check_object_key(key);
  S3Request put = put_request(key, content, enforced(key, condition, Change::write));
  const std::string sha256 = put.headers.front().second;
  const S3Response response = send_and_wait(client_, std::move(put));
  if (response.tells_object()) return written(response, key, content.size());
  if (response.status == 412 && condition.kind == Condition::Kind::absent && !find(key)) {
    if (const auto removed = newest_removed(key)) return write(key, content, Condition::matches(*removed));
  }
  return settle_write(response, key, content.size(), sha256, condition);
}

std::string S3Store::step(std::string_view action, std::string_view key) const {
  if (key.empty()) return fmt::format("{} '{}'", action, url_);
  return fmt::format("{} '{}' in '{}'", action, key, url_);
}

/// versitygw takes an object of a versioned bucket that was removed for one that is still there.
std::optional<std::string> S3Store::newest_removed(std::string_view key) {
  const std::vector<ObjectInfo> found = versions(key);
  return found.empty() ? std::nullopt : std::optional(found.front().etag);
}

void S3Store::remove(std::string_view key, const Condition& condition) {
  check_object_key(key);
  // Services tell a removal that met nothing from one that removed something in different ways, or not at
  // all.
  const bool conditional = condition.kind != Condition::Kind::none;
  const bool present = conditional && find(key);
  if (conditional && present != (condition.kind == Condition::Kind::matches))
    throw condition_failed(url_, key, condition);
  if (conditional && !present) return;
  S3Request removal = request("DeleteObject", "DELETE", key);
  add_condition(removal, enforced(key, condition, Change::removal));
  const S3Response response = send_and_wait(client_, std::move(removal));
  if (tells_done(response)) return;
  const bool gone = response.status == 404 && failure_of(response).hint.empty();
  if (gone && (condition.kind == Condition::Kind::none || response.maybe_repeated)) return;
  if (gone || response.status == 412) {
    // The repeated removal finds what its first attempt left: nothing.
    if (response.maybe_repeated && !find(key)) return;
    throw condition_failed(url_, key, condition);
  }
  throw s3_error(response, "remove", key, url_);
}

void S3Store::remove_all(std::span<const std::string> keys) {
  for (const std::string& key : keys) check_object_key(key);
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), most_listed));
    // One by one, so that an error names what it is about.
    if (some.size() == 1 || !remove_at_once(some)) ObjectStore::remove_all(some);
    keys = keys.subspan(some.size());
  }
}

bool S3Store::remove_at_once(std::span<const std::string> keys) {
  std::vector<std::string> full_keys;
  for (const std::string& key : keys) full_keys.push_back(full_key(key));
  S3Request removal = request("DeleteObjects", "POST", {});
  removal.query = {{"delete", ""}};
  removal.body = remove_objects_body(full_keys);
  add_sha256(removal);
  const S3Response response = send_and_wait(client_, std::move(removal));
  return response.ok() && removed_all(response);
}

ListPage S3Store::list(const ListOptions& options) {
  check_list_options(options);
  S3Request listing = request("ListObjectsV2", "GET", {});
  listing.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix_ + options.prefix}};
  listing.query.emplace_back("max-keys", std::to_string(std::min(options.limit, most_listed)));
  if (!options.delimiter.empty()) listing.query.emplace_back("delimiter", options.delimiter);
  if (!options.start.empty()) {
    listing.query.emplace_back("continuation-token", options.start);
  } else if (!options.after.empty()) {
    listing.query.emplace_back("start-after", prefix_ + options.after);
  }
  std::sort(listing.query.begin(), listing.query.end());
  const S3Response response = send_and_wait(client_, std::move(listing));
  if (!response.ok()) throw s3_error(response, "list", {}, url_);
  S3Listing found = parsed("list", {}, [&] { return parse_listing(response); });
  ListPage page;
  page.next = std::move(found.next);
  for (ObjectInfo& object : found.objects) {
    object.key = own_key(object.key);
    // What a console makes for an empty folder is no object of ours.
    if (!object.key.empty() && !object.key.ends_with('/')) page.objects.push_back(std::move(object));
  }
  for (const std::string& folder : found.folders) page.folders.push_back(own_key(folder));
  return page;
}

bool S3Store::enabled() {
  S3Request question = request("GetBucketVersioning", "GET", {});
  question.query = {{"versioning", ""}};
  const S3Response response = send_and_wait(client_, std::move(question));
  if (!response.ok()) throw s3_error(response, "look at the versioning of", {}, url_);
  return response.body.find("<Status>Enabled</Status>") != std::string::npos;
}

void S3Store::for_each_version(const std::string& full_prefix,
                               const std::function<void(const S3Version&)>& each) {
  S3VersionListing page;
  do {
    S3Request listing = request("ListObjectVersions", "GET", {});
    if (!page.next_key.empty()) listing.query = {{"key-marker", page.next_key}};
    listing.query.emplace_back("prefix", full_prefix);
    if (!page.next_id.empty()) listing.query.emplace_back("version-id-marker", page.next_id);
    listing.query.emplace_back("versions", "");
    const S3Response response = send_and_wait(client_, std::move(listing));
    if (!response.ok()) throw s3_error(response, "list the versions in", {}, url_);
    page = parsed("list the versions in", {}, [&] { return parse_versions(response); });
    for (const S3Version& version : page.versions) each(version);
  } while (!page.next_key.empty());
}

std::vector<ObjectInfo> S3Store::versions(std::string_view key) {
  check_object_key(key);
  std::vector<ObjectInfo> found;
  for_each_version(full_key(key), [&](const S3Version& version) {
    if (version.object.key != full_key(key)) return;
    found.push_back(version.object);
    found.back().key = key;
  });
  return found;
}

void S3Store::for_each_latest(std::string_view prefix, const std::function<void(const ObjectInfo&)>& each) {
  for_each_version(full_key(prefix), [&](const S3Version& version) {
    if (!version.is_latest) return;
    ObjectInfo object = version.object;
    object.key = own_key(object.key);
    if (!object.key.ends_with('/')) each(object);
  });
}

}  // namespace unio
