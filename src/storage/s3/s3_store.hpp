#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/threads.hpp"
#include "storage/object_store.hpp"
#include "storage/retention_store.hpp"
#include "storage/s3/s3_answers.hpp"
#include "storage/s3/s3_client.hpp"

namespace unio {

/// Objects in a bucket of an S3-compatible service, all below one prefix.
///
/// Every write carries the SHA-256 of its bytes, which the service checks. Conditions are the service's own
/// (If-None-Match, If-Match), so they hold for all who write there; see ProbedStore for services without. An
/// etag is the service's, with its quotes.
///
/// Large objects go and come in parts of 8 MiB, several at once. Parts of an upload that was interrupted stay
/// with the service; the next upload to the same key takes up those whose SHA-256 is the same.
///
/// Repeats nothing itself: `client` does (RetryingClient). Where an answer got lost and the repeated write
/// meets its own effect, the object is looked at. Thread-safe; borrows the client.
class S3Store final : public ObjectStore,
                      private StagingStore,
                      private VersionedStore,
                      private FarStore,
                      private ProbedStore,
                      private CopyingStore,
                      private RetentionStore {
 public:
  /// `prefix` without a slash at its end; empty: the whole bucket. `service`: see CopyingStore.
  S3Store(S3Client& client, std::string bucket, std::string prefix, std::string service = {});

  std::string url() const override { return url_; }
  std::optional<ObjectInfo> find(std::string_view key) override;
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  void remove_all(std::span<const std::string> keys) override;
  ListPage list(const ListOptions& options) override;
  std::unique_ptr<WriteBatch> batch() override;
  StagingStore* staging() override { return this; }
  VersionedStore* versioning() override { return this; }
  FarStore* far() override { return this; }
  ProbedStore* probed() override { return this; }
  CopyingStore* copying() override { return this; }
  RetentionStore* retention() override { return this; }

 private:
  class Batch;
  class PartCopies;
  class Probe;
  class Reader;
  class Upload;
  using Found = std::optional<ObjectInfo>;

  std::unique_ptr<StagedObject> stage(const StageOptions& options) override;
  bool names_last() const override { return false; }
  std::size_t sweep(std::string_view prefix, Time begun_before) override;

  void start_read(std::string_view key, ByteRange range, const std::optional<std::string>& version,
                  Checked checked, Arrived arrived) override;

  std::string service() const override { return service_; }
  std::optional<CopyOffer> offer(std::string_view key, const std::optional<std::string>& version,
                                 std::uint64_t size, const Digest& digest) override;
  ObjectInfo copy_from(const CopyOffer& offer, std::string_view to, const Condition& condition) override;

  StoreCapabilities probe(std::string_view scratch) override;
  void adopt(const StoreCapabilities& capabilities) override { *capabilities_.lock() = capabilities; }
  StoreCapabilities capabilities() const override { return *capabilities_.lock(); }

  // Of s3_retention.cpp.
  void adopt_retention(RetentionRule rule) override { *rule_.lock() = std::move(rule); }
  std::optional<Retention> wanted(std::string_view key) const override;
  std::vector<std::optional<RetainedObject>> find_retained(std::span<const ObjectVersion> objects) override;
  std::vector<ObjectVersion> retain(std::span<const ObjectVersion> objects) override;
  Refusal change_retention(const ObjectVersion& object, const Retention& retention, Bypass bypass) override;
  Refusal remove_version(const ObjectVersion& object, Bypass bypass) override;
  void retain_new(S3Request& request, std::string_view key) const;
  /// An object that came in parts: it may have been begun under another rule, and some services (Ceph's among
  /// them) forget what they were asked to do when it was begun.
  void retain_completed(const ObjectInfo& info);
  /// Of a named version, by questions of their own.
  Retention ask_retention(const ObjectVersion& object);
  /// Makes the protection of an object that stands strict enough; false when it cannot be.
  bool raise_retention(const RetainedObject& present);
  S3Request retention_request(const ObjectVersion& object, const Retention& retention, Bypass bypass) const;
  S3Request legal_hold_request(const ObjectVersion& object) const;
  /// Nothing when the answer says that it was done; anything but a refusal is thrown.
  Refusal refusal_of(const S3Response& response, std::string_view action, std::string_view key) const;
  /// Whether the bucket says that it has Object Lock.
  bool has_object_lock();
  void check_object_lock();

  bool enabled() override;
  ObjectInfo read_version(std::string_view key, std::string_view version, ByteRange range,
                          const ByteSink& sink) override;
  std::vector<ObjectInfo> versions(std::string_view key) override;
  void for_each_latest(std::string_view prefix, const std::function<void(const ObjectInfo&)>& each) override;
  void for_each_version(const std::string& full_prefix, const std::function<void(const S3Version&)>& each);

  /// The service's key of one of ours, and back.
  std::string full_key(std::string_view key) const;
  std::string own_key(std::string_view full_key) const;

  S3Request request(std::string_view operation, std::string_view method, std::string_view key) const;
  S3Request put_request(std::string_view key, Bytes content, const Condition& condition) const;
  /// What to ask the service for, so that a change happens under this condition. Where the service does not
  /// know such conditions, the object is looked at instead; Error conflict when it does not hold.
  enum class Change { write, completion, removal };
  Condition enforced(std::string_view key, const Condition& condition, Change change);
  /// The question what an object is, and which checksum the service keeps of it.
  S3Request checksum_request(std::string_view key, const std::optional<std::string>& version = {}) const;
  S3Response look_at(S3Request head);
  Found found_in(const S3Response& response, std::string_view key) const;
  ObjectInfo written(const S3Response& response, std::string_view key, std::uint64_t size) const;
  /// The object, if it is of this size and has this SHA-256, in base64. Where the service keeps none, it is
  /// read.
  Found find_same(std::string_view key, std::uint64_t size, std::string_view sha256);
  /// What a write of `content` that did not succeed means: its info when its own effect stands there, else an
  /// Error.
  ObjectInfo settle_write(const S3Response& response, std::string_view key, std::uint64_t size,
                          std::string_view sha256, const Condition& condition);
  Error write_error(const S3Response& response, std::string_view key, const Condition& condition) const;
  std::optional<std::string> newest_removed(std::string_view key);
  /// "list 'key' in 's3://bucket'"; without key of the bucket.
  std::string step(std::string_view action, std::string_view key) const;
  /// Runs `parse` on an answer; what it throws says what was done with which object.
  template <class Parse>
  auto parsed(std::string_view action, std::string_view key, const Parse& parse) const {
    return in_context(step(action, key), parse);
  }
  // An upload in parts, as S3Parts has them. `checked`: with the SHA-256 of each.
  std::string begin_upload(std::string_view key, bool checked);
  S3Response complete_parts(std::string_view key, const std::string& id, const std::vector<S3Part>& parts,
                            const Condition& condition);
  S3Response end_upload(std::string_view key, const std::string& id);
  /// False when the service did not remove all of them.
  bool remove_at_once(std::span<const std::string> keys);

  S3Client& client_;
  const std::string bucket_;
  const std::string prefix_;  ///< with a slash at its end, or empty
  const std::string url_;
  const std::string service_;
  mutable Synchronized<StoreCapabilities> capabilities_;
  mutable Synchronized<RetentionRule> rule_;
  std::once_flag object_lock_asked_;
  bool object_lock_ = false;                         ///< once it was asked for
  Synchronized<std::set<std::string>> own_uploads_;  ///< that were begun here and have not ended
};

}  // namespace unio
