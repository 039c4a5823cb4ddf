#include "storage/s3/s3_parts.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/s3/md5.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_requests.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

std::optional<Md5> md5_in(std::string etag) {
  std::erase(etag, '"');
  Md5 value{};
  return parse_hex(etag, value) ? std::optional(value) : std::nullopt;
}

}  // namespace

bool S3Parts::take_place() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || on_their_way_ < most_on_their_way_; });
  if (failure_) return false;
  on_their_way_ += 1;
  return true;
}

void S3Parts::arrived(S3Part part) {
  const std::lock_guard lock(mutex_);
  parts_.insert_or_assign(part.number, std::move(part));
  on_their_way_ -= 1;
  changed_.notify_all();
}

void S3Parts::failed(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
  on_their_way_ -= 1;
  changed_.notify_all();
}

void S3Parts::add(S3Part part) {
  const std::lock_guard lock(mutex_);
  parts_.insert_or_assign(part.number, std::move(part));
}

void S3Parts::wait_for_all() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return on_their_way_ == 0; });
}

void S3Parts::rethrow_failure() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

std::vector<S3Part> S3Parts::arrived_parts() {
  const std::lock_guard lock(mutex_);
  std::vector<S3Part> parts;
  for (const auto& [number, part] : parts_) parts.push_back(part);
  return parts;
}

std::optional<std::string> etag_of_parts(std::span<const S3Part> parts) {
  std::vector<std::byte> hashes;
  for (const S3Part& part : parts) {
    const auto md5 = md5_in(part.etag);
    if (!md5) return std::nullopt;
    hashes.insert(hashes.end(), md5->begin(), md5->end());
  }
  const auto hash = find_md5(hashes);
  return hash ? std::optional(fmt::format("\"{}-{}\"", to_hex(*hash), parts.size())) : std::nullopt;
}

std::string S3Store::begin_upload(std::string_view key, bool checked) {
  S3Request create = create_upload(request("CreateMultipartUpload", "POST", key), checked);
  retain_new(create, key);
  const S3Response response = send_and_wait(client_, std::move(create));
  if (!response.ok()) throw write_error(response, key, Condition::none());
  return parsed("write", key, [&] { return parse_element(response, "UploadId"); });
}

S3Response S3Store::complete_parts(std::string_view key, const std::string& id,
                                   const std::vector<S3Part>& parts, const Condition& condition) {
  const Condition asked = enforced(key, condition, Change::completion);
  const S3Request post = request("CompleteMultipartUpload", "POST", key);
  return send_and_wait(client_, complete_upload(post, id, parts, asked));
}

S3Response S3Store::end_upload(std::string_view key, const std::string& id) {
  return send_and_wait(client_, abort_upload(request("AbortMultipartUpload", "DELETE", key), id));
}

}  // namespace unio
