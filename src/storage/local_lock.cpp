#include "storage/local_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstdint>

#include "base/error.hpp"

namespace unio {

LocalLock::LocalLock(const std::filesystem::path& path) {
  const int opened = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (opened < 0) throw_errno(fmt::format("lock '{}'", path.native()));
  file_ = File(opened, path.native());
  while (::flock(opened, LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno(fmt::format("lock '{}'", path.native()));
  }
}

LocalLock::~LocalLock() {
  // Closing is not enough when the process was forked meanwhile: the child has the same open file.
  ::flock(file_.descriptor(), LOCK_UN);
}

unsigned lock_shard(std::string_view key) {
  // FNV-1a, since std::hash may differ between builds.
  std::uint32_t hash = 2166136261U;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return (hash ^ (hash >> 16)) & 0xFFU;
}

}  // namespace unio
