#include "workspace/open_beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace unio {
namespace {

int open_at_once(int directory, const char* path, int flags) {
  struct ::open_how how {};
  how.flags = static_cast<decltype(how.flags)>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long result = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
    // EAGAIN: somebody renamed folders meanwhile.
    if (result >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(result);
  }
}

int open_segment(int directory, const char* segment, int flags) {
  constexpr int most_tries = 100;
  for (int tries = 0; tries < most_tries; ++tries) {
    const int descriptor = ::openat(directory, segment, flags);
    if (descriptor >= 0 || errno != ENOTDIR) return descriptor;
    struct ::stat status {};
    const bool found = ::fstatat(directory, segment, &status, AT_SYMLINK_NOFOLLOW) == 0;
    errno = found && S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
    // A folder by now: somebody changes one for the other.
    if (!found || !S_ISDIR(status.st_mode)) return -1;
  }
  return -1;
}

int open_step_by_step(int directory, std::string_view path, int flags) {
  constexpr int on_the_way = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  int at = directory;
  for (std::size_t start = 0;;) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const bool last = end == path.size();
    const std::string segment(path.substr(start, end - start));
    const int next = open_segment(at, segment.c_str(), last ? flags : on_the_way);
    const int error = errno;
    if (at != directory) ::close(at);
    errno = error;
    if (next < 0 || last) return next;
    at = next;
    start = end + 1;
  }
}

}  // namespace

int open_beneath(int directory, std::string_view path, int flags, OpenBeneath how) {
  flags |= O_CLOEXEC | O_NOFOLLOW;
  if (how == OpenBeneath::at_once) {
    const int descriptor = open_at_once(directory, std::string(path).c_str(), flags);
    // Older kernels do not know the call, older sandboxes forbid what they do not know. A link where a folder
    // was asked for is told from a file only on a second look.
    if (descriptor >= 0 || (errno != ENOSYS && errno != EPERM && errno != ENOTDIR)) return descriptor;
  }
  return open_step_by_step(directory, path, flags);
}

}  // namespace unio
