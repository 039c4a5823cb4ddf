#include "storage/local_copy.hpp"

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "storage/file_ranges.hpp"

namespace unio {
namespace {

bool is_refusal(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EXDEV || error == EINVAL || error == EPERM;
}

/// How many bytes the kernel copied before it said that it cannot.
std::uint64_t copy_in_kernel(const File& from, File& to, std::uint64_t size) {
  constexpr std::uint64_t step = std::uint64_t{64} << 20;
  off_t read_at = 0;
  off_t write_at = 0;
  while (static_cast<std::uint64_t>(read_at) < size) {
    const auto wanted = static_cast<std::size_t>(std::min(step, size - static_cast<std::uint64_t>(read_at)));
    const ssize_t count =
        ::copy_file_range(from.descriptor(), &read_at, to.descriptor(), &write_at, wanted, 0);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    if (count == 0 || is_refusal(errno)) break;
    throw_errno(fmt::format("write '{}'", to.name()));
  }
  return static_cast<std::uint64_t>(read_at);
}

}  // namespace

bool share_blocks(const File& from, File& to) {
  return ::ioctl(to.descriptor(), FICLONE, from.descriptor()) == 0;
}

void copy_content(const File& from, File& to, std::uint64_t size) {
  if (share_blocks(from, to)) return;
  const std::uint64_t copied = copy_in_kernel(from, to, size);
  if (::lseek(to.descriptor(), static_cast<off_t>(copied), SEEK_SET) < 0) {
    throw_errno(fmt::format("write '{}'", to.name()));
  }
  stream_range(from, size, {copied, size - copied}, [&](Bytes bytes) { to.write(bytes); });
}

}  // namespace unio
