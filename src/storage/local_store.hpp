#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/local_lister.hpp"
#include "storage/object_store.hpp"
#include "storage/process_folder.hpp"

namespace unio {

/// Objects as files in a folder: key "a/b" is "<root>/a/b". Works on any POSIX file system.
///
/// Files are written under temporary names in "<root>/.unio/tmp/", flushed, and renamed; then the folder is
/// flushed. Creating is atomic by itself; replacing and removing hold a lock in "<root>/.unio/locks/" that
/// the kernel releases when a process dies, so nothing ever needs repair. Keys in these two folders are
/// refused and not listed. A symlink at a key is no object. A key cannot be an object and a folder at once
/// (`a` beside `a/b`): Error conflict. Empty folders go with the last object in them.
///
/// An object's etag is the digest of its content while it is at most 4 KiB, which is what pointers and
/// records are; beyond that it is made of size, time and inode, and the part of the time below a millisecond
/// is random. For small objects a stamp would not do: the clock of a file system ticks in milliseconds and
/// inodes are used again, so that two quick changes could look like none.
class LocalStore final : public ObjectStore, private StagingStore, private FileStore {
 public:
  /// The folder is made when the first object is written.
  LocalStore(std::filesystem::path root, RandomSource& random);
  ~LocalStore() override;

  std::string url() const override { return url_; }
  std::optional<ObjectInfo> find(std::string_view key) override;
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override;
  ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override;
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override;
  void remove(std::string_view key, const Condition& condition) override;
  ListPage list(const ListOptions& options) override { return lister_.list(options); }
  std::unique_ptr<WriteBatch> batch() override;
  StagingStore* staging() override { return this; }
  FileStore* files() override { return this; }

 private:
  class Batch;
  class Staged;

  std::unique_ptr<StagedObject> stage(const StageOptions& options) override;
  std::filesystem::path path(std::string_view key) const override;
  bool share(std::string_view from, std::string_view to) override;
  void make_read_only(std::span<const std::string> keys) override;

  std::filesystem::path path_of(std::string_view key) const;
  ObjectInfo info_of(std::string_view key, const File& file) const;
  std::optional<File> open_object(std::string_view key) const;
  Error not_found(std::string_view key) const;

  TemporaryFile temporary();
  /// Puts a flushed temporary file under its key and flushes the folders.
  ObjectInfo publish(TemporaryFile& file, std::string_view key, const Condition& condition);
  ObjectInfo flushed_info(File& file, std::string_view key);
  enum class Existing { replace, keep };
  enum class FlushFolders { now, later };
  /// Gives the file its name, making folders as needed. False when the key exists and shall be kept.
  bool place(TemporaryFile& file, std::string_view key, Existing existing, FlushFolders flush);
  void make_way(const std::filesystem::path& path, std::string_view key) const;
  void check_present(std::string_view key, const Condition& condition);
  void make_parent(const std::filesystem::path& path, FlushFolders flush) const;
  [[noreturn]] void throw_not_a_folder(const std::filesystem::path& path) const;
  std::filesystem::path lock_path(std::string_view key) const;

  std::filesystem::path root_;
  std::string url_;
  RandomSource& random_;
  std::once_flag temporary_once_;
  std::unique_ptr<ProcessFolder> temporary_folder_;
  LocalLister lister_{root_};
};

}  // namespace unio
