#include "workspace/safe_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

std::string_view parent_of(std::string_view key) {
  const auto slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
}

std::string name_of(std::string_view key) {
  return std::string(key.substr(key.rfind('/') + 1));
}

/// Opens `path` beneath `directory` without following a symlink anywhere; -1 and errno when it cannot.
int open_beneath(int directory, const std::string& path, int flags) {
  struct ::open_how how {};
  how.flags = static_cast<decltype(how.flags)>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long result = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
  if (result >= 0 || errno != ENOSYS) return static_cast<int>(result);
  // An older kernel: one component after the other.
  int at = ::dup(directory);
  for (std::size_t start = 0; at >= 0 && start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const bool last = end == path.size();
    const int next = ::openat(at, path.substr(start, end - start).c_str(),
                              (last ? flags : O_PATH | O_DIRECTORY) | O_CLOEXEC | O_NOFOLLOW);
    const int error = errno;
    ::close(at);
    errno = error;
    at = next;
    start = end + 1;
  }
  return at;
}

[[noreturn]] void throw_unsafe(const std::filesystem::path& root, std::string_view key, int error) {
  if (error == ELOOP || error == EXDEV) {
    throw Error(ErrorCode::permission_denied,
                fmt::format("a symbolic link is in the way of '{}' in '{}'", key, root.native()),
                "remove the link; files are never written through one");
  }
  if (error == ENOTDIR) {
    throw Error(ErrorCode::already_exists,
                fmt::format("a file is in the way of the folder of '{}' in '{}'", key, root.native()),
                "move the file away");
  }
  throw error_from_errno(error, fmt::format("open '{}' in '{}'", key, root.native()));
}

}  // namespace

SafeTree::SafeTree(const std::filesystem::path& root, RandomSource& random) : root_(root), random_(random) {
  std::error_code error;
  std::filesystem::create_directories(root_ / ".unio/tmp", error);
  if (error)
    throw error_from_errno(error.value(), fmt::format("make folder '{}'", (root_ / ".unio/tmp").native()));
  directory_ = File::open_directory(root_);
}

File SafeTree::open_parent(std::string_view key, Make make) const {
  check_logical_key(key);
  const std::string parent(parent_of(key));
  if (parent.empty()) return File(::dup(directory_.descriptor()), root_.native());
  int descriptor = open_beneath(directory_.descriptor(), parent, O_PATH | O_DIRECTORY);
  if (descriptor < 0 && errno == ENOENT && make == Make::yes) {
    const File above = open_parent(parent, make);
    if (::mkdirat(above.descriptor(), name_of(parent).c_str(), 0777) != 0 && errno != EEXIST) {
      throw_unsafe(root_, key, errno);
    }
    descriptor = open_beneath(directory_.descriptor(), parent, O_PATH | O_DIRECTORY);
  }
  if (descriptor < 0) throw_unsafe(root_, key, errno);
  return File(descriptor, (root_ / parent).native());
}

std::optional<struct ::stat> SafeTree::find(std::string_view key) const {
  try {
    const File parent = open_parent(key, Make::no);
    struct ::stat status {};
    if (::fstatat(parent.descriptor(), name_of(key).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
      return status;
    if (errno == ENOENT) return std::nullopt;
    throw_unsafe(root_, key, errno);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return std::nullopt;
    throw;
  }
}

File SafeTree::open(std::string_view key) const {
  check_logical_key(key);
  const int descriptor = open_beneath(directory_.descriptor(), std::string(key), O_RDONLY | O_NONBLOCK);
  if (descriptor < 0) throw_unsafe(root_, key, errno);
  File file(descriptor, (root_ / key).native());
  if (!S_ISREG(file.status().st_mode)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no regular file", file.name()));
  }
  return file;
}

TemporaryFile SafeTree::temporary() {
  return TemporaryFile(root_ / ".unio/tmp", "", random_);
}

void SafeTree::place(TemporaryFile file, std::string_view key, Overwrite overwrite) {
  const File parent = open_parent(key, Make::yes);
  const std::string name = name_of(key);
  const unsigned flags = overwrite == Overwrite::yes ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, file.path().c_str(), parent.descriptor(), name.c_str(), flags) == 0) {
    file.release();
    return;
  }
  if (errno == EEXIST || errno == EISDIR || errno == ENOTEMPTY) {
    throw Error(ErrorCode::already_exists, fmt::format("'{}' is in the way", (root_ / key).native()),
                "move it away, or run the command with --force");
  }
  throw_unsafe(root_, key, errno);
}

void SafeTree::remove(std::string_view key) {
  std::string at(key);
  try {
    const File parent = open_parent(key, Make::no);
    if (::unlinkat(parent.descriptor(), name_of(key).c_str(), 0) != 0 && errno != ENOENT)
      throw_unsafe(root_, key, errno);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return;
    throw;
  }
  for (at = parent_of(at); !at.empty(); at = parent_of(at)) {
    const File parent = open_parent(at, Make::no);
    if (::unlinkat(parent.descriptor(), name_of(at).c_str(), AT_REMOVEDIR) != 0)
      return;  // it holds something else
  }
}

void SafeTree::move_aside(std::string_view key, std::string_view folder) {
  const std::string target = join_key(folder, key);
  const File from = open_parent(key, Make::no);
  const File to = open_parent(target, Make::yes);
  if (::renameat(from.descriptor(), name_of(key).c_str(), to.descriptor(), name_of(target).c_str()) != 0) {
    throw_unsafe(root_, key, errno);
  }
}

void SafeTree::flush() {
  if (::syncfs(directory_.descriptor()) != 0) throw_errno(fmt::format("flush '{}'", root_.native()));
}

}  // namespace unio
