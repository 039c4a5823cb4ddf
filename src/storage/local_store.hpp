#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/object_store.hpp"
#include "storage/process_folder.hpp"

namespace unio {

/// Objects as files in a folder: key "a/b" is "<root>/a/b". Works on any POSIX file system.
///
/// Files are written under temporary names in "<root>/.unio/tmp/", flushed, and renamed; then the folder is flushed.
/// Creating is atomic by itself; replacing and removing hold a lock in "<root>/.unio/locks/" that the kernel releases
/// when a process dies, so nothing ever needs repair. Keys in these two folders are refused and not listed. A symlink at
/// a key is no object.
///
/// An object's etag is the digest of its content while it is at most 4 KiB, which is what pointers and records are;
/// beyond that it is made of size, times and inode. For small objects a stamp would not do: the clock of a file
/// system ticks in milliseconds and inodes are used again, so that two quick changes could look like none.
class LocalStore final : public ObjectStore, private StagingStore {
 public:
  /// The folder is made when the first object is written.
  LocalStore(std::filesystem::path root, RandomSource& random);
  ~LocalStore() override;

  std::string url() const override;
  std::optional<ObjectInfo> find(std::string_view key) override;
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  ListPage list(const ListOptions& options) override;
  std::unique_ptr<WriteBatch> batch() override;
  StagingStore* staging() override { return this; }

 private:
  class Batch;
  class Staged;

  std::unique_ptr<StagedObject> stage() override;
  std::filesystem::path path_of(std::string_view key) const;
  ObjectInfo info_of(std::string_view key, const File& file) const;
  std::optional<File> open_object(std::string_view key) const;
  Error not_found(std::string_view key) const;

  TemporaryFile temporary();
  /// Puts a flushed temporary file under its key and flushes the folders.
  ObjectInfo publish(TemporaryFile& file, std::string_view key, const Condition& condition);
  void place(TemporaryFile& file, std::string_view key, const Condition& condition);
  bool place_new(TemporaryFile& file, std::string_view key);
  void check_present(std::string_view key, const Condition& condition);
  void make_parent(const std::filesystem::path& path);
  File lock_for(std::string_view key);

  std::filesystem::path root_;
  RandomSource& random_;
  std::once_flag temporary_once_;
  std::unique_ptr<ProcessFolder> temporary_folder_;
  /// Folders that are known to be there and durable.
  Synchronized<std::unordered_set<std::string>> known_folders_;
};

}  // namespace unio
