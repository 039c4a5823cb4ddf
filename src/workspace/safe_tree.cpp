#include "workspace/safe_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.hpp"
#include "model/logical_key.hpp"
#include "workspace/open_beneath.hpp"

namespace unio {
namespace {

constexpr int most_tries = 1000;

std::string_view parent_of(std::string_view key) {
  const auto slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
}

std::string name_of(std::string_view key) {
  return std::string(key.substr(key.rfind('/') + 1));
}

/// The link that stands in the way of `key`: it, or a folder above it.
std::filesystem::path link_in(const std::filesystem::path& root, std::string_view key) {
  for (std::size_t end = 0; end < key.size(); ++end) {
    end = std::min(key.find('/', end), key.size());
    std::error_code ignored;
    if (std::filesystem::is_symlink(root / key.substr(0, end), ignored)) return root / key.substr(0, end);
  }
  return root / key;
}

/// The workspace's own state is in reach of no key from outside.
void check_key(std::string_view key) {
  check_logical_key(key);
  if (!is_within(key, ".unio")) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' would be part of the workspace's own state", key),
              "unio mv gives the entry another key");
}

/// Renames only if nothing has the new name, as well as the file system can; otherwise errno is EEXIST.
bool rename_new(int from, const char* name, int to, const char* new_name) {
  if (::renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  return ::linkat(from, name, to, new_name, 0) == 0 && ::unlinkat(from, name, 0) == 0;
}

}  // namespace

SafeTree::SafeTree(const std::filesystem::path& root, RandomSource& random) : root_(root), random_(random) {
  std::error_code error;
  std::filesystem::create_directories(root_, error);
  if (error) throw error_from_errno(error.value(), fmt::format("make folder '{}'", root_.native()));
  directory_ = File::open_directory(root_);
  temporary_folder_ = open_parent(".unio/tmp/x", Make::yes);
}

void SafeTree::throw_unsafe(std::string_view action, std::string_view key, int error) const {
  if (error == ELOOP || error == EXDEV) {
    throw Error(ErrorCode::permission_denied,
                fmt::format("'{}' is a symbolic link in the way of '{}'", link_in(root_, key).native(), key),
                "remove the link; files are never written or read through one");
  }
  if (error == ENOTDIR) {
    throw Error(ErrorCode::already_exists,
                fmt::format("a file is in the way of the folder of '{}' in '{}'", key, root_.native()),
                "move the file away");
  }
  throw error_from_errno(error, fmt::format("{} '{}'", action, (root_ / key).native()));
}

File SafeTree::open_parent(std::string_view key, Make make) const {
  const std::string_view parent = parent_of(key);
  if (parent.empty()) return File(::fcntl(directory_.descriptor(), F_DUPFD_CLOEXEC, 0), root_.native());
  const auto open = [&] { return open_beneath(directory_.descriptor(), parent, O_PATH | O_DIRECTORY); };
  int descriptor = open();
  // Another thread may remove a folder that became empty before there is something in it again.
  for (int tries = 0; descriptor < 0 && errno == ENOENT && make == Make::yes && tries < most_tries; ++tries) {
    const File above = open_parent(parent, make);
    if (::mkdirat(above.descriptor(), name_of(parent).c_str(), 0777) != 0 && errno != EEXIST &&
        errno != ENOENT) {
      throw_unsafe("make the folder of", key, errno);
    }
    descriptor = open();
  }
  if (descriptor < 0) throw_unsafe("make the folder of", key, errno);
  return File(descriptor, (root_ / parent).native());
}

std::optional<File> SafeTree::find_parent(std::string_view key) const {
  if (parent_of(key).empty()) return open_parent(key, Make::no);
  const int descriptor = open_beneath(directory_.descriptor(), parent_of(key), O_PATH | O_DIRECTORY);
  if (descriptor >= 0) return File(descriptor, (root_ / parent_of(key)).native());
  // In a file there is nothing, just as in a folder that is not there.
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw_unsafe("look at", key, errno);
}

std::optional<struct ::stat> SafeTree::find(std::string_view key) const {
  check_logical_key(key);
  const auto parent = find_parent(key);
  if (!parent) return std::nullopt;
  struct ::stat status {};
  if (::fstatat(parent->descriptor(), name_of(key).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw_unsafe("look at", key, errno);
}

File SafeTree::open(std::string_view key) const {
  check_logical_key(key);
  const int descriptor = open_beneath(directory_.descriptor(), key, O_RDONLY | O_NONBLOCK);
  const std::string path = (root_ / key).native();
  if (descriptor < 0 && errno == ENOTDIR) throw_errno(fmt::format("read '{}'", path));
  if (descriptor < 0) throw_unsafe("read", key, errno);
  File file(descriptor, path);
  if (!S_ISREG(file.status().st_mode)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no regular file", path));
  }
  return file;
}

TemporaryFile SafeTree::temporary() {
  const std::string name = random_id(random_);
  std::filesystem::path path = root_ / ".unio/tmp" / name;
  const int descriptor =
      ::openat(temporary_folder_.descriptor(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) throw_errno(fmt::format("create '{}'", path.native()));
  return {File(descriptor, path.native()), std::move(path)};
}

void SafeTree::remove_leftovers() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(root_ / ".unio/tmp", ignored)) {
    ::unlinkat(temporary_folder_.descriptor(), entry.path().filename().c_str(), 0);
  }
}

/// Renames one of the tree's temporary files; false and errno when that cannot be.
bool SafeTree::try_place(const std::string& temporary, std::string_view key, Overwrite overwrite) {
  const File parent = open_parent(key, Make::yes);
  const std::string name = name_of(key);
  const int from = temporary_folder_.descriptor();
  return overwrite == Overwrite::yes
             ? ::renameat(from, temporary.c_str(), parent.descriptor(), name.c_str()) == 0
             : rename_new(from, temporary.c_str(), parent.descriptor(), name.c_str());
}

void SafeTree::place(TemporaryFile file, std::string_view key, Overwrite overwrite) {
  check_key(key);
  const std::string temporary = file.path().filename();
  // As in open_parent, the folder may be removed by another thread before there is something in it.
  for (int tries = 0; tries < most_tries; ++tries) {
    if (try_place(temporary, key, overwrite)) return file.release();
    if (errno != ENOENT) break;
  }
  if (errno == EEXIST || errno == EISDIR || errno == ENOTEMPTY) {
    throw Error(ErrorCode::already_exists, fmt::format("'{}' is in the way", (root_ / key).native()),
                "move it away, or run the command with --force");
  }
  throw_unsafe("write", key, errno);
}

void SafeTree::remove(std::string_view key) {
  check_key(key);
  const auto parent = find_parent(key);
  if (!parent) return;
  if (::unlinkat(parent->descriptor(), name_of(key).c_str(), 0) != 0 && errno != ENOENT) {
    throw_unsafe("remove", key, errno);
  }
  remove_empty_above(key);
}

void SafeTree::remove_empty_above(std::string_view key) {
  for (std::string_view at = parent_of(key); !at.empty(); at = parent_of(at)) {
    const auto parent = find_parent(at);
    // It holds something else, or somebody else was faster.
    if (!parent || ::unlinkat(parent->descriptor(), name_of(at).c_str(), AT_REMOVEDIR) != 0) return;
  }
}

void SafeTree::move_aside(std::string_view key, std::string_view folder) {
  check_key(key);
  const std::string target = join_key(folder, key);
  check_logical_key(target);
  const File from = open_parent(key, Make::no);
  const File to = open_parent(target, Make::yes);
  if (!rename_new(from.descriptor(), name_of(key).c_str(), to.descriptor(), name_of(target).c_str())) {
    throw_unsafe("move away", key, errno);
  }
  remove_empty_above(key);
}

void SafeTree::flush() {
  if (::syncfs(directory_.descriptor()) != 0) throw_errno(fmt::format("flush '{}'", root_.native()));
}

}  // namespace unio
