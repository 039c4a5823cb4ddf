#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/s3/s3_failures.hpp"
#include "storage/s3/s3_parts.hpp"
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
        resume_since_(options.resume_since) {}

  ~Upload() override {
    parts_.wait_for_all();
    // Whoever lost to another object has nothing to go on with.
    if (lost_) store_.end_upload(key_, id_);
    store_.own_uploads_.lock()->erase(id_);
  }

  void append(Bytes bytes) override {
    while (!bytes.empty()) {
      if (part_.size() == part_size_) send_kept_part();
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), part_size_ - part_.size()));
      known_.reset();
      part_ += as_text(bytes.first(count));
      bytes = bytes.subspan(count);
    }
  }

  void append_chunk(std::string chunk, const Sha256Value& hash) override {
    if (part_.size() == part_size_) send_kept_part();
    if (!part_.empty()) return append(as_bytes(chunk));
    part_ = std::move(chunk);
    known_ = hash;
  }

  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    check_object_key(key);
    if (id_.empty()) return store_.write(key, as_bytes(part_), condition);
    check(key == key_, "an upload is published under the key that it was begun for");
    if (!part_.empty()) send_kept_part();
    parts_.wait_for_all();
    if (!gone_) parts_.rethrow_failure();
    ObjectInfo info = gone_ ? settle({}, condition) : complete(condition);
    store_.retain_completed(info);
    return info;
  }

 private:
  void send_kept_part() {
    if (id_.empty()) begin();
    const Sha256Value hash = known_ ? *known_ : sha256(as_bytes(part_));
    known_.reset();
    hashes_.insert(hashes_.end(), hash.begin(), hash.end());
    S3Part part{++count_, part_.size(), {}, to_base64(hash)};
    size_ += part.size;
    std::string content = std::exchange(part_, {});
    const auto there = there_.find(part.number);
    if (there != there_.end() && there->second.size == part.size && there->second.sha256 == part.sha256) {
      parts_.add(there->second);
    } else if (parts_.take_place()) {
      send(std::move(part), std::move(content));
    } else if (!gone_) {
      parts_.rethrow_failure();
    }
  }

  void send(S3Part part, std::string content) {
    auto request = std::make_shared<S3Request>(store_.request("UploadPart", "PUT", key_));
    request->query = {{"partNumber", std::to_string(part.number)}, {"uploadId", id_}};
    request->headers = {{"x-amz-checksum-sha256", part.sha256}};
    request->body = std::move(content);
    store_.client_.send(request, [this, part](const S3Response& response) { answered(part, response); });
  }

  void answered(S3Part part, const S3Response& response) {
    const auto etag = response.find_header("etag");
    if (response.ok() && etag) {
      part.etag = *etag;
      return parts_.arrived(std::move(part));
    }
    if (is_gone(response)) gone_ = true;
    parts_.failed(std::make_exception_ptr(store_.write_error(response, key_, Condition::none())));
  }

  /// Goes on with the newest upload to this key that was interrupted, else begins one.
  void begin() {
    check(!key_.empty(), "an upload in parts needs its key beforehand");
    const auto interrupted = resume_since_ ? find_interrupted() : std::nullopt;
    id_ = interrupted ? *interrupted : store_.begin_upload(key_, true);
    store_.own_uploads_.lock()->insert(id_);
    if (interrupted) find_parts();
  }

  std::optional<std::string> find_interrupted() {
    S3Request listing = store_.request("ListMultipartUploads", "GET", {});
    listing.query = {{"prefix", store_.full_key(key_)}, {"uploads", ""}};
    const S3Response response = send_and_wait(store_.client_, std::move(listing));
    // Who may write need not be allowed to list.
    if (!response.ok()) return std::nullopt;
    std::optional<S3Upload> newest;
    const auto page =
        store_.parsed("go on with the upload to", key_, [&] { return parse_uploads(response); });
    for (const S3Upload& upload : page.uploads) {
      const bool ours = upload.key == store_.full_key(key_) && upload.started >= *resume_since_;
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
      auto page = store_.parsed("go on with the upload to", key_, [&] { return parse_parts(response); });
      for (S3Part& part : page.parts) there_.emplace(part.number, std::move(part));
      marker = std::move(page.next);
    } while (!marker.empty());
  }

  ObjectInfo complete(const Condition& condition) {
    const S3Response response = store_.complete_parts(key_, id_, parts_.arrived_parts(), condition);
    const auto etag = response.ok() ? find_element(response, "ETag") : std::nullopt;
    // An answer without an ETag may be half of one, or that of a service which gives none.
    if (!etag) return settle(response, condition);
    ObjectInfo info = store_.written(response, key_, size_);
    info.etag = *etag;
    return info;
  }

  /// What counts is what stands there: somebody may have completed it, be it our own first attempt or another
  /// who went on with the same upload.
  ObjectInfo settle(const S3Response& response, const Condition& condition) {
    const bool unclear = gone_ || is_gone(response) || response.ok() || response.maybe_repeated;
    if (unclear) {
      if (const Found own = find_own()) return *own;
    }
    if (gone_) parts_.rethrow_failure();
    const Error error = store_.write_error(response, key_, condition);
    lost_ = error.code() == ErrorCode::conflict;
    throw error;
  }

  /// The object, if it is the one that these parts make.
  Found find_own() {
    const S3Response there = store_.look_at(store_.checksum_request(key_));
    const Found info = store_.found_in(there, key_);
    if (!info || info->size != size_) return std::nullopt;
    bool same = false;
    if (const auto kept = there.find_header("x-amz-checksum-sha256")) {
      same = *kept == to_base64(sha256(hashes_)) + "-" + std::to_string(count_);
    } else {
      same = info->etag == etag_of_parts(parts_.arrived_parts());
    }
    return same ? info : std::nullopt;
  }

  S3Store& store_;
  const std::string key_;
  const std::uint64_t part_size_;
  const std::optional<Time> resume_since_;
  std::string part_;                  ///< the one that is being filled
  std::optional<Sha256Value> known_;  ///< of all that is in `part_`, when somebody has told it
  std::string id_;
  int count_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::byte> hashes_;  ///< of all parts, one behind the other
  std::map<int, S3Part> there_;    ///< what an interrupted upload has left
  bool lost_ = false;

  S3Parts parts_{parts_on_their_way};
  std::atomic<bool> gone_ = false;  ///< the service knows the upload no longer
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
    page = parsed("list the uploads in", {}, [&] { return parse_uploads(response); });
    for (S3Upload& upload : page.uploads) {
      // A time that could not be read is the epoch.
      const bool old = upload.started != Time{} && upload.started < begun_before;
      // A service that calls our own new upload old knows nothing of the others either.
      if (old && own_uploads_.lock()->contains(upload.id)) return 0;
      if (old && upload.key.starts_with(full_key(prefix))) abandoned.push_back(std::move(upload));
    }
  } while (!page.next_key.empty());
  for (const S3Upload& upload : abandoned) {
    const S3Response response = end_upload(own_key(upload.key), upload.id);
    if (!response.ok() && response.status != 404)
      throw s3_error(response, "end an upload to", upload.key, url_);
  }
  return abandoned.size();
}

std::unique_ptr<StagedObject> S3Store::stage(const StageOptions& options) {
  return std::make_unique<Upload>(*this, options);
}

}  // namespace unio
