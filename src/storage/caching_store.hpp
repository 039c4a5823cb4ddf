#pragma once

#include <functional>
#include <span>
#include <string>

#include "storage/cache_folder.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Which keys never change their content, so that it may be kept.
using IsImmutable = std::function<bool(std::string_view key)>;

/// Which reads fill the cache: all, as suits a store that is far away, or only those of objects that are to
/// be kept, as suits a folder, which is as fast as the cache.
enum class FillCache { always, when_kept };

/// An ObjectStore that keeps the whole objects that were read through it in a CacheFolder.
///
/// Only `read` is answered from the cache, and only for immutable keys; a read that brings a whole object
/// fills it. `find` always asks the store: whether an object is there must not be taken from a copy of it.
/// Writes and removals drop what is kept under the key. The cache may be shared by stores: names in it begin
/// with the store's URL.
///
/// Borrows store and cache. Thread-safe.
class CachingStore final : public ObjectStore, public CachedStore, private FarStore {
 public:
  CachingStore(ObjectStore& inner, CacheFolder& cache, IsImmutable is_immutable,
               FillCache fill = FillCache::always);

  std::string url() const override { return inner_.url(); }
  std::optional<ObjectInfo> find(std::string_view key) override { return inner_.find(key); }
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  void remove_all(std::span<const std::string> keys) override;
  ListPage list(const ListOptions& options) override { return inner_.list(options); }
  std::unique_ptr<WriteBatch> batch() override { return inner_.batch(); }
  StagingStore* staging() override { return inner_.staging(); }
  VersionedStore* versioning() override { return inner_.versioning(); }
  RetentionStore* retention() override { return inner_.retention(); }
  ProbedStore* probed() override { return inner_.probed(); }
  CopyingStore* copying() override { return inner_.copying(); }
  FileStore* files() override { return inner_.files(); }
  /// What is in the cache comes from there. Bulk reads do not fill it: whoever makes them keeps what he
  /// reads.
  FarStore* far() override { return inner_.far() == nullptr ? nullptr : this; }

  /// What is pinned stays in the cache when space is needed; it need not be there yet.
  void pin(std::string_view key) { cache_.pin(name_of(key)); }
  void unpin(std::string_view key) { cache_.unpin(name_of(key)); }
  /// Removes objects and their pins from the cache; the store keeps them.
  void clear(std::span<const std::string> keys) override;

  CachedStore* cached() override { return this; }
  void keep(std::string_view key, const std::function<void(const ByteSink&)>& read) override;
  bool read_kept(std::string_view key, ByteRange range, const ByteSink& sink) override;
  std::optional<std::string> find_kept(std::string_view key, std::uint64_t limit) override;
  void put(std::string_view key, Bytes content) override;

 private:
  std::string name_of(std::string_view key) const;
  void fill_from(std::string_view key, const std::function<void(const ByteSink&)>& read);
  /// Whether a copy of this object may be here.
  bool has_kept(std::string_view key);
  void start_read(std::string_view key, ByteRange range, const std::optional<std::string>& version,
                  Checked checked, Arrived arrived) override;

  /// Keeps what is read when it turns out to be the whole object.
  ObjectInfo read_and_keep(std::string_view key, ByteRange range, const ByteSink& sink);

  ObjectStore& inner_;
  CacheFolder& cache_;
  IsImmutable is_immutable_;
  FillCache fill_;
};

}  // namespace unio
