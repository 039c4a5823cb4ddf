#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "base/threads.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// How much a cache holds, by the last look at its folder and what was added since.
struct CacheUsage {
  std::uint64_t bytes = 0;
  std::uint64_t capacity = 0;
};

/// Whole objects kept in a folder of bounded size; what was read longest ago goes first, what is pinned
/// stays.
///
/// Each object is one file, named by the SHA-256 of its name: the content, its info, and a trailer with the
/// SHA-256 of both. A file whose trailer does not fit is removed when it is met, so nothing needs to be
/// flushed and a process may die at any time. Several processes may use the folder at once; its size is
/// counted by each on its own and may be beyond the capacity for a while. Nothing here is needed for anything
/// but speed: no failure to write is an error.
///
/// Thread-safe. Borrows the random source.
class CacheFolder {
 public:
  CacheFolder(std::filesystem::path folder, std::uint64_t capacity, RandomSource& random);

  /// An object being added; it vanishes unless finished. Stops by itself when it grows beyond a quarter of
  /// the capacity or cannot be written. Not thread-safe.
  class Filling {
   public:
    void append(Bytes bytes);
    void finish(const ObjectInfo& info);

   private:
    friend class CacheFolder;
    Filling(CacheFolder& cache, std::string_view name);
    bool begin_in(const std::filesystem::path& folder);
    void publish();

    CacheFolder& cache_;
    std::filesystem::path target_;
    std::optional<TemporaryFile> file_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
  };

  Filling fill(std::string_view name);

  /// An object that is here and whole; its content was checked against the trailer.
  struct Found {
    File file;
    ObjectInfo info;
  };
  std::optional<Found> find(std::string_view name);
  /// The content of one of at most `limit` bytes, in one look and not compared with its digest: for who has a
  /// digest of his own.
  std::optional<std::string> find_content(std::string_view name, std::uint64_t limit);

  /// A pinned object stays when space is needed. The pin holds whether or not the object is here.
  void pin(std::string_view name);
  void unpin(std::string_view name);
  bool is_pinned(std::string_view name) const;
  /// Whether anything was ever pinned here: one look at the folder, remembered.
  bool has_pins();
  /// Removes the object; a pin on it stays.
  void drop(std::string_view name);

  CacheUsage usage();

  /// Removes what was read longest ago until nine tenths of the capacity are used at most; nothing happens
  /// while another process is at it.
  void evict();

 private:
  std::filesystem::path path_of(std::string_view name) const;
  std::filesystem::path pin_of(std::string_view name) const;
  bool is_whole(const File& file, std::uint64_t content_size, std::string_view digest);
  void added(std::uint64_t size);

  std::filesystem::path folder_;
  std::uint64_t capacity_;
  RandomSource& random_;
  std::once_flag looked_for_pins_;
  std::atomic<bool> has_pins_ = false;
  /// Absent until the folder was looked at.
  Synchronized<std::optional<std::uint64_t>> bytes_;
  /// Large files that were checked by this process: reading ranges must not hash them whole each time.
  Synchronized<std::map<std::string, FileStamp>> checked_;
};

}  // namespace unio
