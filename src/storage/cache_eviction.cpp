#include "storage/cache_eviction.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <compare>
#include <system_error>
#include <vector>

#include "base/files.hpp"

namespace unio {
namespace {

constexpr std::chrono::hours temporaries_live{24};

struct CachedFile {
  std::int64_t used_seconds = 0;
  std::int64_t used_ns = 0;
  std::uint64_t size = 0;
  std::filesystem::path path;

  auto operator<=>(const CachedFile&) const = default;
};

std::vector<CachedFile> files_in(const std::filesystem::path& folder) {
  std::vector<CachedFile> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder / cache_objects, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    struct ::stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    files.push_back({status.st_atim.tv_sec, status.st_atim.tv_nsec,
                     static_cast<std::uint64_t>(status.st_size), entry->path()});
  }
  return files;
}

void remove_old_temporaries(const std::filesystem::path& folder) {
  std::error_code error;
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::directory_iterator entry(folder / cache_temporaries, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const auto written = entry->last_write_time(gone);
    if (!gone && now - written > temporaries_live) std::filesystem::remove(entry->path(), gone);
  }
}

std::uint64_t total_size(const std::vector<CachedFile>& files) {
  std::uint64_t total = 0;
  for (const CachedFile& file : files) total += file.size;
  return total;
}

}  // namespace

std::uint64_t cache_size(const std::filesystem::path& folder) {
  return total_size(files_in(folder));
}

std::optional<std::uint64_t> evict_from_cache(const std::filesystem::path& folder, std::uint64_t target) {
  const int descriptor = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return std::nullopt;
  const File lock(descriptor, {});
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return std::nullopt;

  remove_old_temporaries(folder);
  std::vector<CachedFile> files = files_in(folder);
  std::sort(files.begin(), files.end());
  std::uint64_t left = total_size(files);
  for (const CachedFile& file : files) {
    if (left <= target) break;
    std::error_code ignored;
    if (std::filesystem::exists(folder / cache_pins / file.path.filename(), ignored)) continue;
    if (::unlink(file.path.c_str()) == 0) left -= file.size;
  }
  return left;
}

}  // namespace unio
