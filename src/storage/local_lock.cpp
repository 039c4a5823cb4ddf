#include "storage/local_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace unio {
namespace {

/// FNV-1a: the same in every program on this store, now and later.
std::string shard_of(std::string_view key) {
  std::uint32_t hash = 2166136261U;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("{}/{:02x}", locks_folder, (hash ^ (hash >> 16)) & 0xffU);
}

int open_lock(LocalRoot& root, const std::string& path) {
  constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  const int opened = ::openat(root.descriptor(), path.c_str(), flags, 0666);
  if (opened >= 0 || errno != ENOENT) return opened;
  TouchedFolders unflushed;  // a lock means nothing after a crash
  root.make_folder(std::string(locks_folder), unflushed);
  return ::openat(root.descriptor(), path.c_str(), flags, 0666);
}

}  // namespace

LocalLock::LocalLock(LocalRoot& root, std::string_view key) {
  const int opened = open_lock(root, shard_of(key));
  if (opened < 0) throw root.failed(errno, "lock", key);
  file_ = File(opened, {});
  while (::flock(opened, LOCK_EX) != 0) {
    if (errno != EINTR) throw root.failed(errno, "lock", key);
  }
}

LocalLock::~LocalLock() {
  // Closing is not enough when the process was forked meanwhile: the child has the same open file.
  if (file_.is_open()) ::flock(file_.descriptor(), LOCK_UN);
}

}  // namespace unio
