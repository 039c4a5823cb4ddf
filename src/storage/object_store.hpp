#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"

namespace unio {

class RetentionStore;  // retention_store.hpp

/// What a store says of one object.
struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  /// Opaque identity of this content under this key: for compare-and-swap and for pinning reads. In a listing
  /// it is empty where the store would have to read the object for it; `find` always gives it.
  std::string etag;
  /// When it was written, by the clock of the store.
  Time modified{};
  /// Set by stores that keep versions.
  std::optional<std::string> version;
};

/// Half-open byte range [offset, offset + length); the default is the whole object.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;
};

/// What must hold of the present object for a write or removal to happen; checked in one step with it.
struct Condition {
  enum class Kind { none, absent, matches };
  Kind kind = Kind::none;
  std::string etag;

  static Condition none() { return {}; }
  static Condition absent() { return {Kind::absent, {}}; }
  static Condition matches(std::string etag) { return {Kind::matches, std::move(etag)}; }
};

struct ListOptions {
  std::string prefix;
  /// Keys up to the next delimiter after the prefix are rolled up into `folders`; empty: no roll-up.
  std::string delimiter;
  /// Where the previous page ended: its `next`.
  std::string start;
  /// Objects and folders together, at least 1; a store may give fewer and still not be at the end.
  std::size_t limit = 1000;
  /// Only keys beyond this one; empty: all. For listings without a delimiter, and the same for all pages.
  std::string after = {};
};

struct ListPage {
  std::vector<ObjectInfo> objects;   ///< in ascending byte order of keys
  std::vector<std::string> folders;  ///< rolled-up prefixes, ending in the delimiter, ascending
  std::string next;                  ///< empty on the last page
};

/// Receives the bytes of a streamed read, in order; throwing stops the read.
using ByteSink = std::function<void(Bytes)>;

/// Many new objects made durable together, which is far cheaper than one by one on a file system.
///
/// An object put here may become visible at any time until `commit`, but never partly; after `commit`
/// returned all are visible and survive power loss. Destroyed without commit: what is not yet visible never
/// will be. `put` may be called from many threads, `commit` once and alone.
class WriteBatch {
 public:
  virtual ~WriteBatch() = default;

  /// Adds an object. If the key exists when it would become visible, what stands there stays.
  virtual void put(std::string_view key, Bytes content) = 0;

  /// Returns the keys that existed already and were left as they are.
  virtual std::vector<std::string> commit() = 0;
};

/// An object that is written before its key is known, so that content can be hashed while it is stored.
/// Vanishes unless published. Not thread-safe.
class StagedObject {
 public:
  virtual ~StagedObject() = default;
  virtual void append(Bytes bytes) = 0;
  /// The same for one whole chunk of a digest (digest_chunk_size) whose SHA-256 the caller knows: a store
  /// that sends it with the bytes then need not compute it.
  virtual void append_chunk(std::string chunk, const Sha256Value& /*hash*/) { append(as_bytes(chunk)); }
  /// Makes the bytes so far the object `key`, whole and durable. Condition as for ObjectStore::write.
  virtual ObjectInfo publish(std::string_view key, const Condition& condition) = 0;
};

struct StageOptions {
  /// The key that it will be published under, where that is known.
  std::string key = {};
  /// Its size, where that is known.
  std::uint64_t size = 0;
  /// What was begun since then for the same key, and never published, is gone on with, where the store keeps
  /// such things. None: what is written while it is made is not worth the question.
  std::optional<Time> resume_since = {};
};

/// Facet of stores that take an object piece by piece.
class StagingStore {
 public:
  virtual ~StagingStore() = default;
  virtual std::unique_ptr<StagedObject> stage(const StageOptions& options) = 0;
  /// Whether an object may be staged whose key is not known yet.
  virtual bool names_last() const { return true; }
  /// Removes what was begun before this time for keys that begin with `prefix`, and never published, where
  /// the store keeps such things. Returns how many.
  virtual std::size_t sweep(std::string_view /*prefix*/, Time /*begun_before*/) { return 0; }
};

/// Facet of stores that keep every version of an object.
class VersionedStore {
 public:
  virtual ~VersionedStore() = default;
  /// Whether writes to this place make versions now; a bucket may have it switched off.
  virtual bool enabled() = 0;
  /// As ObjectStore::read.
  virtual ObjectInfo read_version(std::string_view key, std::string_view version, ByteRange range,
                                  const ByteSink& sink) = 0;
  /// Of one key, the newest first.
  virtual std::vector<ObjectInfo> versions(std::string_view key) = 0;
  /// Every object under `prefix` in its newest version, ascending; as for_each_object, which tells no
  /// versions.
  virtual void for_each_latest(std::string_view prefix,
                               const std::function<void(const ObjectInfo&)>& each) = 0;
};

/// Facet of stores that keep copies of what is read through them on this machine.
class CachedStore {
 public:
  virtual ~CachedStore() = default;
  /// Puts what `read` streams into the cache as the content of `key`, where it stays when space is needed.
  /// Error unsupported for a key whose content may change, no_space when it does not fit.
  virtual void keep(std::string_view key, const std::function<void(const ByteSink&)>& read) = 0;
  /// Streams a range of a copy that is here, compared with its own digest; false when there is none.
  virtual bool read_kept(std::string_view key, ByteRange range, const ByteSink& sink) = 0;
  /// The whole content where a copy is here; no request is made, and nothing is checked: for who knows the
  /// digest, and clears what is wrong. Absent also for one of more than `limit` bytes.
  virtual std::optional<std::string> find_kept(std::string_view key, std::uint64_t limit) = 0;
  /// Stores a copy of an object that the caller has read; nothing for a key whose content may change.
  virtual void put(std::string_view key, Bytes content) = 0;
  /// Removes copies and what keeps them; the store keeps the objects.
  virtual void clear(std::span<const std::string> keys) = 0;
};

/// Facet of stores that are far away: each answer takes its time, so that many should be on their way at
/// once. Small objects are then put into a batch without asking first whether they are there.
class FarStore {
 public:
  virtual ~FarStore() = default;
  using Arrived = std::function<void(std::exception_ptr failure, std::string content)>;
  /// Whether a whole object is compared with the checksum that the service keeps of it, if it keeps one: for
  /// who knows no digest to compare it with.
  enum class Checked { no, yes };
  /// Begins to read a range of at most some MiB, cut at the object's end, and returns at once. `arrived` is
  /// called exactly once, perhaps before this returns, on any thread; it must be quick, must not wait and
  /// must not throw. The store must live until then. read_far (far_reads.hpp) does this for many.
  virtual void start_read(std::string_view key, ByteRange range, const std::optional<std::string>& version,
                          Checked checked, Arrived arrived) = 0;
};

/// Facet of stores whose objects are files, which other programs open by their paths.
class FileStore {
 public:
  virtual ~FileStore() = default;
  /// Where the object of this key is, or would be.
  virtual std::filesystem::path path(std::string_view key) const = 0;
  /// Makes `to` a new object with the content of `from` that takes no space of its own, and read-only: by
  /// shared blocks, else as another name of the same file. False when the file system has neither, or does
  /// not let this user: then it must be copied. Error conflict when `to` is there.
  virtual bool share(std::string_view from, std::string_view to) = 0;
  /// Takes the right to write from these objects' files, so that no program changes them by mistake. The
  /// store itself can still replace them.
  virtual void make_read_only(std::span<const std::string> keys) = 0;
};

/// An object that a service may copy to another of its places.
struct CopyOffer {
  std::string bucket;
  std::string full_key;  ///< in the bucket
  std::optional<std::string> version;
  std::string etag;
  std::uint64_t size = 0;
};

/// Facet of stores whose service copies large objects between its own places, so that their bytes need not
/// come here.
class CopyingStore {
 public:
  virtual ~CopyingStore() = default;
  /// The service, with who asks there; one store may copy from another where these are equal and not empty.
  virtual std::string service() const = 0;
  /// Absent unless the checksum that the service keeps of the object proves its digest.
  virtual std::optional<CopyOffer> offer(std::string_view key, const std::optional<std::string>& version,
                                         std::uint64_t size, const Digest& digest) = 0;
  /// Makes `to` of an object that a store of the same service offers, as it was then.
  virtual ObjectInfo copy_from(const CopyOffer& offer, std::string_view to, const Condition& condition) = 0;
};

/// What a service does of all that a store should do. Services differ, and some take a condition and ignore
/// it.
struct StoreCapabilities {
  bool create_only = true;             ///< a write under Condition::absent
  bool swap = true;                    ///< a write under Condition::matches
  bool quoted_etags = true;            ///< as it gives them itself; else without their quotes
  bool conditional_completion = true;  ///< Condition::absent for an object that was sent in parts
  bool conditional_removal = true;     ///< a removal under Condition::matches
  bool checks_bytes = true;            ///< refuses bytes that do not have their SHA-256
  bool keeps_checksums = true;         ///< tells the SHA-256 of what it has
  bool versions = false;               ///< keeps every version of an object
  bool object_lock = false;            ///< can protect an object from removal

  bool operator==(const StoreCapabilities&) const = default;
  /// Whether names can move safely while others write too.
  bool many_writers() const { return create_only && swap; }
  /// Whether the service does all that is asked of it, so that nobody need know what it can do.
  bool needs_no_care() const {
    return many_writers() && quoted_etags && conditional_completion && conditional_removal;
  }
};

/// Facet of stores over services that differ in what they can do.
class ProbedStore {
 public:
  virtual ~ProbedStore() = default;
  /// Finds out by trying, with objects whose keys begin with `scratch`, which are removed again. Error
  /// permission_denied and others as for a write.
  virtual StoreCapabilities probe(std::string_view scratch) = 0;
  /// From now on a condition that the service does not know is replaced by a look at the object before the
  /// write: right for one writer at a time, no protection between two. Before the first `adopt` the service
  /// is taken to do everything.
  virtual void adopt(const StoreCapabilities& capabilities) = 0;
  virtual StoreCapabilities capabilities() const = 0;
};

/// Bytes under keys: a folder, a bucket, memory. Storage knows nothing of packages.
///
/// Keys are non-empty relative paths of `/`-separated segments, UTF-8, at most 1024 bytes; no segment is
/// empty,
/// "." or "..". Other keys are refused with invalid_argument before anything happens.
///
/// Atomicity: a reader sees an object whole, as some write left it, or not at all. A write that returned is
/// durable. A write that failed has either happened or not; repeating it is always allowed.
///
/// Errors: `not_found` for an absent key, `conflict` when a Condition does not hold, `permission_denied`,
/// `no_space`, `unavailable` for what may pass if tried again later, `cancelled`. Messages name the key and
/// the store. No method repeats anything; below S3Store its client does.
///
/// Threads: all methods may be called from any number of threads at once.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// The place as users write it: "file:///data/registry", "s3://bucket/prefix", "memory:". No slash at the
  /// end.
  virtual std::string url() const = 0;

  /// What is under `key`; absent when nothing is.
  virtual std::optional<ObjectInfo> find(std::string_view key) = 0;

  /// Streams a range of the object in pieces of at most 1 MiB; memory stays bounded whatever its size. A
  /// range that reaches beyond the end is cut there; one that begins beyond it gives nothing. Returns the
  /// whole object's info as of this read.
  virtual ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) = 0;

  /// Writes an object from memory.
  virtual ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) = 0;

  /// Copies within the store, on the store's side where it can.
  virtual ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) = 0;

  /// Removes an object; nothing happens when it is absent and no condition is given.
  virtual void remove(std::string_view key, const Condition& condition) = 0;

  /// Removes several objects, whatever is there; in few requests where the store can.
  virtual void remove_all(std::span<const std::string> keys) {
    for (const std::string& key : keys) remove(key, Condition::none());
  }

  /// A page of what is under a prefix. Every object that was there all the time is listed exactly once; one
  /// that was written or removed while the pages were read may or may not be.
  virtual ListPage list(const ListOptions& options) = 0;

  /// A batch for many small new objects.
  virtual std::unique_ptr<WriteBatch> batch() = 0;

  /// Optional facets; null where the store has none.
  virtual StagingStore* staging() { return nullptr; }
  virtual VersionedStore* versioning() { return nullptr; }
  /// Facet of stores that can protect objects from removal and change.
  virtual RetentionStore* retention() { return nullptr; }
  virtual CachedStore* cached() { return nullptr; }
  virtual FarStore* far() { return nullptr; }
  virtual ProbedStore* probed() { return nullptr; }
  virtual CopyingStore* copying() { return nullptr; }
  virtual FileStore* files() { return nullptr; }
};

/// The whole object in memory; Error invalid_argument when it is larger than `limit`.
std::string read_object(ObjectStore& store, std::string_view key,
                        std::uint64_t limit = std::uint64_t{64} << 20);

/// The same with the info that belongs to it; absent when the key is.
struct ObjectContent {
  std::string content;
  ObjectInfo info;
};
std::optional<ObjectContent> find_object(ObjectStore& store, std::string_view key,
                                         std::uint64_t limit = std::uint64_t{64} << 20);

/// Calls `each` for every object under `prefix`, page by page, in ascending order of keys.
/// Only those beyond the key `after`, if it is not empty.
void for_each_object(ObjectStore& store, std::string_view prefix,
                     const std::function<void(const ObjectInfo&)>& each, std::string_view after = {});

/// The keys of all of them, for prefixes that have few.
std::vector<std::string> keys_below(ObjectStore& store, std::string_view prefix);

/// Throws invalid_argument unless `key` keeps the rules above.
void check_object_key(std::string_view key);

}  // namespace unio
