#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace unio {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An owned file descriptor. All methods throw the Error of the failed system call, with the file's name in
/// it.
class File {
 public:
  File() = default;
  File(int descriptor, std::string name);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  static File open_for_reading(const std::filesystem::path& path);
  /// The directory itself, for fsync and for the *at calls.
  static File open_directory(const std::filesystem::path& path);
  /// Fails with already_exists when there is one. Mode 0666 less the umask.
  static File create_new(const std::filesystem::path& path);

  int descriptor() const { return descriptor_; }
  const std::string& name() const { return name_; }
  bool is_open() const { return descriptor_ >= 0; }

  /// Reads until `buffer` is full or the file ends; returns how many bytes were read.
  std::size_t read(MutableBytes buffer);
  std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const;
  void write(Bytes bytes);
  /// May be called from many threads.
  void write_at(std::uint64_t offset, Bytes bytes) const;
  void sync();
  struct ::stat status() const;
  void close();

 private:
  int descriptor_ = -1;
  std::string name_;
};

/// What identifies a state of a file without reading it.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const struct ::stat& status);

/// The whole file; Error invalid_argument when it is larger than `limit`.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{1} << 30);

/// Absent when there is no such file.
std::optional<std::string> find_file(const std::filesystem::path& path,
                                     std::uint64_t limit = std::uint64_t{1} << 30);

/// Replaces the file in one step: temporary file beside it, flushed, renamed, folder flushed. After a crash
/// either the old or the new content stands under the name, whole.
void replace_file(const std::filesystem::path& path, Bytes content, RandomSource& random);

void sync_directory(const std::filesystem::path& path);

/// A file under a temporary name which vanishes with this object unless it was published.
class TemporaryFile {
 public:
  /// Creates "<directory>/<prefix><random id>".
  TemporaryFile(const std::filesystem::path& directory, std::string_view prefix, RandomSource& random);
  /// Takes over a file that was just created at `path`.
  TemporaryFile(File file, std::filesystem::path path);
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  File& file() { return file_; }
  const std::filesystem::path& path() const { return path_; }

  /// Renames to `target`, replacing what is there. Does not flush.
  void publish_over(const std::filesystem::path& target);
  /// Renames to `target` only if nothing is there; false when something is. Does not flush.
  bool publish_new(const std::filesystem::path& target);
  /// The caller has renamed the file: the temporary name is gone and must not be removed.
  void release() { published_ = true; }

 private:
  File file_;
  std::filesystem::path path_;
  bool published_ = false;
};

}  // namespace unio
