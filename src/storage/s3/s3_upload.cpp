#include <fmt/format.h>

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/listing.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_requests.hpp"
#include "storage/s3/s3_store.hpp"

namespace unio {
namespace {

constexpr std::size_t parts_on_their_way = 4;

bool is_gone(const S3Response& response) {
  return response.status == 404 && response.body.find("NoSuchUpload") != std::string::npos;
}

}  // namespace

/// Up to one part is kept and written as a whole; more goes up in parts, several at once. Not published, its
/// parts stay with the service for the next try.
class S3Store::Upload final : public StagedObject {
 public:
  Upload(S3Store& store, const StageOptions& options)
      : store_(store),
        key_(options.key),
        part_size_(digest_chunk_size(options.size)),
        resumes_(options.size > 0) {}

  ~Upload() override {
    wait_until([&] { return on_their_way_ == 0; });
    // Whoever lost to another object has nothing to go on with.
    if (!lost_) return;
    send_and_wait(store_.client_, abort_upload(store_.request("AbortMultipartUpload", "DELETE", key_), id_));
  }

  void append(Bytes bytes) override {
    while (!bytes.empty()) {
      if (part_.size() == part_size_) send_kept_part();
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), part_size_ - part_.size()));
      part_ += as_text(bytes.first(count));
      bytes = bytes.subspan(count);
    }
  }

  void append_chunk(Bytes chunk, const Sha256Value& hash) override {
    if (part_.size() == part_size_) send_kept_part();
    const bool whole = part_.empty();
    append(chunk);
    if (whole && part_.size() == chunk.size()) known_ = hash;
  }

  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    check_object_key(key);
    if (id_.empty()) return store_.write(key, as_bytes(part_), condition);
    check(key == key_, "an upload is published under the key that it was begun for");
    if (!part_.empty()) send_kept_part();
    wait_until([&] { return on_their_way_ == 0; });
    if (failure_ && !gone_) std::rethrow_exception(failure_);
    return gone_ ? settle({}, condition) : complete(condition);
  }

 private:
  using Parts = std::map<int, S3Part>;

  template <class Reached>
  void wait_until(Reached&& reached) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, reached);
  }

  void send_kept_part() {
    if (id_.empty()) begin();
    const Sha256Value hash = known_ ? *known_ : sha256(as_bytes(part_));
    known_.reset();
    hashes_.insert(hashes_.end(), hash.begin(), hash.end());
    S3Part part{++count_, part_.size(), {}, to_base64(hash)};
    size_ += part.size;
    const auto there = there_.find(part.number);
    if (there != there_.end() && there->second.size == part.size && there->second.sha256 == part.sha256) {
      part_.clear();
      const std::lock_guard lock(mutex_);
      parts_.emplace(part.number, there->second);
      return;
    }
    send(std::move(part));
  }

  void send(S3Part part) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return failure_ || on_their_way_ < parts_on_their_way; });
      if (failure_ && !gone_) std::rethrow_exception(failure_);
      on_their_way_ += 1;
    }
    auto request = std::make_shared<S3Request>(store_.request("UploadPart", "PUT", key_));
    request->query = {{"partNumber", std::to_string(part.number)}, {"uploadId", id_}};
    request->headers = {{"x-amz-checksum-sha256", part.sha256}};
    request->body = std::exchange(part_, std::string());
    part_.reserve(request->body.size());
    store_.client_.send(request, [this, part](const S3Response& response) { arrived(part, response); });
  }

  void arrived(S3Part part, const S3Response& response) {
    const auto etag = response.find_header("etag");
    const std::lock_guard lock(mutex_);
    on_their_way_ -= 1;
    if (response.ok() && etag) {
      part.etag = *etag;
      parts_.emplace(part.number, std::move(part));
    } else if (!failure_) {
      gone_ = is_gone(response);
      failure_ = std::make_exception_ptr(store_.write_error(response, key_, Condition::none()));
    }
    changed_.notify_all();
  }

  /// Goes on with the newest upload to this key that was interrupted, else begins one.
  void begin() {
    check(!key_.empty(), "an upload in parts needs its key beforehand");
    if (const auto id = resumes_ ? find_interrupted() : std::nullopt) {
      id_ = *id;
      return find_parts();
    }
    S3Request create = create_upload(store_.request("CreateMultipartUpload", "POST", key_), true);
    const S3Response response = send_and_wait(store_.client_, std::move(create));
    if (!response.ok()) throw store_.write_error(response, key_, Condition::none());
    id_ = in_context(fmt::format("write '{}' in '{}'", key_, store_.url_),
                     [&] { return parse_element(response, "UploadId"); });
  }

  std::optional<std::string> find_interrupted() {
    S3Request listing = store_.request("ListMultipartUploads", "GET", {});
    listing.query = {{"prefix", store_.full_key(key_)}, {"uploads", ""}};
    const S3Response response = send_and_wait(store_.client_, std::move(listing));
    // Who may write need not be allowed to list.
    if (!response.ok()) return std::nullopt;
    std::optional<S3Upload> newest;
    for (const S3Upload& upload : parse_uploads(response).uploads) {
      const bool ours = upload.key == store_.full_key(key_);
      if (ours && (!newest || upload.started > newest->started)) newest = upload;
    }
    return newest ? std::optional(newest->id) : std::nullopt;
  }

  void find_parts() {
    std::string marker;
    do {
      S3Request listing = store_.request("ListParts", "GET", key_);
      if (!marker.empty()) listing.query.emplace_back("part-number-marker", marker);
      listing.query.emplace_back("uploadId", id_);
      const S3Response response = send_and_wait(store_.client_, std::move(listing));
      if (!response.ok()) return;
      S3PartListing page = parse_parts(response);
      for (S3Part& part : page.parts) there_.emplace(part.number, std::move(part));
      marker = std::move(page.next);
    } while (!marker.empty());
  }

  ObjectInfo complete(const Condition& condition) {
    std::vector<S3Part> parts;
    for (const auto& [number, part] : parts_) parts.push_back(part);
    const Condition asked = store_.enforced(key_, condition, Change::completion);
    const S3Response response = send_and_wait(
        store_.client_,
        complete_upload(store_.request("CompleteMultipartUpload", "POST", key_), id_, parts, asked));
    // An answer without an ETag may be half of one: what counts is what stands there.
    if (!response.ok() || response.body.find("<ETag>") == std::string::npos)
      return settle(response, condition);
    ObjectInfo info = info_from_headers(response, key_);
    info.etag = parse_element(response, "ETag");
    info.size = size_;
    lost_ = false;
    return info;
  }

  /// Somebody may have completed it: our own first attempt, or another who went on with the same upload.
  ObjectInfo settle(const S3Response& response, const Condition& condition) {
    const bool unclear = gone_ || is_gone(response) || response.ok() || response.maybe_repeated;
    if (unclear) {
      const std::string composite = to_base64(sha256(hashes_)) + "-" + std::to_string(count_);
      if (const Found own = store_.find_same(key_, size_, composite)) return *own;
    }
    if (gone_) std::rethrow_exception(failure_);
    const Error error = store_.write_error(response, key_, condition);
    lost_ = error.code() == ErrorCode::conflict;
    throw error;
  }

  S3Store& store_;
  const std::string key_;
  const std::uint64_t part_size_;
  const bool resumes_;  ///< what is written while it is made, such as a manifest, is not worth the question
  std::string part_;    ///< the one that is being filled
  std::optional<Sha256Value> known_;  ///< of `part_`, when somebody has told it
  std::string id_;
  int count_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::byte> hashes_;  ///< of all parts, one behind the other
  Parts there_;                    ///< what an interrupted upload has left
  bool lost_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t on_their_way_ = 0;
  Parts parts_;
  std::exception_ptr failure_;
  bool gone_ = false;  ///< the service knows the upload no longer
};

std::size_t S3Store::sweep(std::string_view prefix, Time begun_before) {
  std::vector<S3Upload> abandoned;
  S3UploadListing page;
  do {
    S3Request listing = request("ListMultipartUploads", "GET", {});
    if (!page.next_key.empty()) listing.query = {{"key-marker", page.next_key}};
    listing.query.emplace_back("prefix", full_key(prefix));
    if (!page.next_id.empty()) listing.query.emplace_back("upload-id-marker", page.next_id);
    listing.query.emplace_back("uploads", "");
    const S3Response response = send_and_wait(client_, std::move(listing));
    if (!response.ok()) throw s3_error(response, "list the uploads in", {}, url_);
    page = in_context(fmt::format("list the uploads in '{}'", url_), [&] { return parse_uploads(response); });
    for (S3Upload& upload : page.uploads) {
      // A time that could not be read is the epoch.
      const bool old = upload.started != Time{} && upload.started < begun_before;
      if (old && upload.key.starts_with(full_key(prefix))) abandoned.push_back(std::move(upload));
    }
  } while (!page.next_key.empty());
  for (const S3Upload& upload : abandoned) {
    const auto removal = request("AbortMultipartUpload", "DELETE", own_key(upload.key));
    const S3Response response = send_and_wait(client_, abort_upload(removal, upload.id));
    if (!response.ok() && response.status != 404)
      throw s3_error(response, "end an upload to", upload.key, url_);
  }
  return abandoned.size();
}

std::unique_ptr<StagedObject> S3Store::stage(const StageOptions& options) {
  return std::make_unique<Upload>(*this, options);
}

}  // namespace unio
