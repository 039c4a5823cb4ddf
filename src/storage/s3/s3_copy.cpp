#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/percent.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_parts.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

/// Below this an object goes through us rather than being copied in parts, which takes three requests.
constexpr std::uint64_t copied_through_us = std::uint64_t{64} << 10;
constexpr std::size_t parts_on_their_way = 16;

/// What the service says of an object that was sent in parts which are the chunks of its digest.
std::string composite_checksum(const Digest& digest, std::uint64_t size) {
  const std::uint64_t chunk = digest_chunk_size(size);
  return fmt::format("{}-{}", digest.text(), (size + chunk - 1) / chunk);
}

}  // namespace

/// A new object whose parts the service copies from another. Not completed, it vanishes.
class S3Store::PartCopies {
 public:
  PartCopies(S3Store& store, CopyOffer from, std::string_view to)
      : store_(store), from_(std::move(from)), to_(to) {}
  ~PartCopies() {
    parts_.wait_for_all();
    if (!id_.empty()) store_.end_upload(to_, id_);
  }
  PartCopies(const PartCopies&) = delete;
  PartCopies& operator=(const PartCopies&) = delete;

  void run() {
    id_ = store_.begin_upload(to_, false);
    const std::uint64_t part_size = digest_chunk_size(from_.size);
    int number = 0;
    for (std::uint64_t offset = 0; offset < from_.size && parts_.take_place(); offset += part_size)
      send(++number, offset, std::min(part_size, from_.size - offset));
    parts_.wait_for_all();
    parts_.rethrow_failure();
  }

  ObjectInfo complete(const Condition& condition) {
    const S3Response completed = store_.complete_parts(to_, id_, parts_.arrived_parts(), condition);
    if (!completed.ok()) throw store_.write_error(completed, to_, condition);
    id_.clear();
    const auto info = store_.find(to_);
    if (!info) throw s3_error(completed, "copy", to_, store_.url_);
    store_.retain_completed(*info);
    return *info;
  }

 private:
  void send(int number, std::uint64_t offset, std::uint64_t size) {
    auto request = std::make_shared<S3Request>(store_.request("UploadPartCopy", "PUT", to_));
    request->query = {{"partNumber", std::to_string(number)}, {"uploadId", id_}};
    std::string from = fmt::format("/{}/{}", from_.bucket, encode_url_path(from_.full_key));
    if (from_.version) from += fmt::format("?versionId={}", encode_url_path(*from_.version));
    request->headers = {{"x-amz-copy-source", std::move(from)},
                        {"x-amz-copy-source-range", fmt::format("bytes={}-{}", offset, offset + size - 1)},
                        {"x-amz-copy-source-if-match", from_.etag}};
    store_.client_.send(request, [this, number, size](const S3Response& response) {
      answered({.number = number, .size = size, .etag = {}, .sha256 = {}}, response);
    });
  }

  void answered(S3Part part, const S3Response& response) {
    try {
      if (!response.ok()) throw s3_error(response, "copy", from_.full_key, "s3://" + from_.bucket);
      part.etag = store_.parsed("copy to", to_, [&] { return parse_element(response, "ETag"); });
      parts_.arrived(std::move(part));
    } catch (...) {
      parts_.failed(std::current_exception());
    }
  }

  S3Store& store_;
  const CopyOffer from_;
  const std::string to_;
  std::string id_;  ///< empty: there is nothing to end
  S3Parts parts_{parts_on_their_way};
};

ObjectInfo S3Store::copy(std::string_view from, std::string_view to, const Condition& condition) {
  check_object_key(from);
  check_object_key(to);
  const auto source = find(from);
  if (!source) throw Error(ErrorCode::not_found, fmt::format("no object '{}' in '{}'", from, url_));
  // A plain copy knows no conditions, and may not end where it began.
  if (source->size <= copied_through_us) {
    const std::string content = read_object(*this, from);
    return write(to, as_bytes(content), condition);
  }
  return copy_from({bucket_, full_key(from), std::nullopt, source->etag, source->size}, to, condition);
}

std::optional<CopyOffer> S3Store::offer(std::string_view key, const std::optional<std::string>& version,
                                        std::uint64_t size, const Digest& digest) {
  check_object_key(key);
  if (digest.type != DigestType::sha2_256_chunked) return std::nullopt;
  const S3Response there = look_at(checksum_request(key, version));
  const Found info = found_in(there, key);
  const bool proven = info && info->size == size &&
                      there.find_header("x-amz-checksum-sha256") == composite_checksum(digest, size);
  if (!proven) return std::nullopt;
  return CopyOffer{bucket_, full_key(key), version, info->etag, size};
}

ObjectInfo S3Store::copy_from(const CopyOffer& offer, std::string_view to, const Condition& condition) {
  check_object_key(to);
  PartCopies copies(*this, offer, to);
  copies.run();
  return copies.complete(condition);
}

}  // namespace unio
