#include "storage/local_root.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "storage/store_errors.hpp"

namespace unio {
namespace {

/// A folder that others remove as often as we make it; more than this is no race any more.
constexpr int publish_attempts = 100;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '~' || c == '/';
}

std::string_view hint_for(ErrorCode code) {
  if (code == ErrorCode::no_space) return "free some space on that file system and run the command again";
  if (code == ErrorCode::permission_denied) return "ask for the right to write there, or choose another registry";
  return {};
}

/// Makes every missing folder of an absolute path and flushes the folders that got a new name.
void make_root(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0777) != 0) {
    if (errno == EEXIST) return;
    if (errno != ENOENT || path == path.parent_path()) throw_errno(fmt::format("make folder '{}'", path.native()));
    make_root(path.parent_path());
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
      throw_errno(fmt::format("make folder '{}'", path.native()));
    }
  }
  sync_directory(path.parent_path());
}

}  // namespace

std::string parent_folder(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(key.substr(0, slash));
}

std::string file_url(const std::filesystem::path& path) {
  std::string url = "file://";
  for (const char c : path.native()) {
    if (is_plain(c)) {
      url += c;
    } else {
      url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return url;
}

LocalRoot::LocalRoot(const std::filesystem::path& path)
    : path_(std::filesystem::absolute(path).lexically_normal()) {
  if (!path_.has_filename() && path_.has_relative_path()) path_ = path_.parent_path();
  url_ = file_url(path_);
}

int LocalRoot::find_descriptor() const {
  if (const int open = descriptor_.load(std::memory_order_acquire); open >= 0) return open;
  const std::lock_guard lock(mutex_);
  if (directory_.is_open()) return directory_.descriptor();
  const int opened = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) {
    if (errno == ENOENT) return -1;
    throw error_from_errno(errno, fmt::format("open '{}'", url_));
  }
  directory_ = File(opened, path_.native());
  descriptor_.store(opened, std::memory_order_release);
  return opened;
}

int LocalRoot::descriptor() {
  const int present = find_descriptor();
  if (present >= 0) return present;
  make_root(path_);
  const int made = find_descriptor();
  if (made < 0) throw failed(ENOENT, "open", "");
  return made;
}

File LocalRoot::open_again() {
  const int opened = ::openat(descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) throw error_from_errno(errno, fmt::format("open '{}'", url_));
  return {opened, path_.native()};
}

LocalRoot::Opened LocalRoot::open_object(std::string_view key) const {
  Opened object;
  const int root = find_descriptor();
  if (root < 0) return object;
  // O_NONBLOCK: a named pipe in the folder must not stop us.
  const int opened =
      ::openat(root, std::string(key).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (opened < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) return object;
    throw failed(errno, "read", key);
  }
  File file(opened, label(key));
  object.status = file.status();
  if (S_ISREG(object.status.st_mode)) object.file = std::move(file);
  return object;
}

mode_t LocalRoot::kind_of(const std::string& key) const {
  const int root = find_descriptor();
  struct ::stat status {};
  if (root < 0) return 0;
  if (::fstatat(root, key.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status.st_mode & S_IFMT;
  if (errno == ENOENT || errno == ENOTDIR) return 0;
  throw failed(errno, "look at", key);
}

int LocalRoot::rename_new(int from, const std::string& name, const std::string& key) {
  const int root = descriptor();
  if (::renameat2(from, name.c_str(), root, key.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // Some file systems cannot rename so; a hard link fails on an existing name everywhere.
  if (::linkat(from, name.c_str(), root, key.c_str(), 0) != 0) return errno;
  ::unlinkat(from, name.c_str(), 0);
  return 0;
}

bool LocalRoot::publish(int from, const std::string& name, const std::string& key, Existing existing,
                        TouchedFolders& touched) {
  const int root = descriptor();
  int error = 0;
  for (int attempt = 0; attempt < publish_attempts; ++attempt) {
    error = existing == Existing::keep ? rename_new(from, name, key)
                                       : (::renameat(from, name.c_str(), root, key.c_str()) == 0 ? 0 : errno);
    if (error == 0) {
      touched.insert(parent_folder(key));
      return true;
    }
    if (error == ENOENT) {
      make_folder(parent_folder(key), touched);
    } else if (error == EEXIST || error == EISDIR || error == ENOTEMPTY) {
      if (!is_free_or_kept(key)) return false;
    } else if (error == ENOTDIR) {
      throw_clash(key);
    } else {
      break;
    }
  }
  throw failed(error, "write", key);
}

/// False when an object stands under `key`; true when an empty folder did and is gone now.
bool LocalRoot::is_free_or_kept(const std::string& key) {
  const mode_t kind = kind_of(key);
  if (kind == S_IFREG) return false;
  if (kind == 0) return true;
  if (kind != S_IFDIR) {
    throw Error(ErrorCode::conflict,
                fmt::format("'{}' cannot be in '{}': something that is neither file nor folder is there", key, url_),
                "move it away and run the command again");
  }
  // What a removal left behind that was killed before it tidied up.
  if (::unlinkat(descriptor(), key.c_str(), AT_REMOVEDIR) == 0) return true;
  throw key_is_folder(key, url_);
}

void LocalRoot::throw_clash(const std::string& key) const {
  for (std::size_t end = key.find('/'); end != std::string::npos; end = key.find('/', end + 1)) {
    const std::string folder = key.substr(0, end);
    if (kind_of(folder) == S_IFREG) throw key_below_object(key, folder, url_);
  }
  throw failed(ENOTDIR, "write", key);
}

void LocalRoot::make_folder(const std::string& folder, TouchedFolders& touched) {
  if (folder.empty()) return;
  for (int attempt = 0; attempt < publish_attempts; ++attempt) {
    if (::mkdirat(descriptor(), folder.c_str(), 0777) == 0 || errno == EEXIST) {
      // Another process may have made it a moment ago and not flushed it yet.
      touched.insert(parent_folder(folder));
      return;
    }
    if (errno == ENOTDIR) throw_clash(folder + "/");
    if (errno != ENOENT || folder.find('/') == std::string::npos) break;
    make_folder(parent_folder(folder), touched);
  }
  throw failed(errno, "make folder", folder);
}

bool LocalRoot::remove(const std::string& key) {
  if (kind_of(key) != S_IFREG) return false;
  if (::unlinkat(descriptor(), key.c_str(), 0) != 0) {
    if (errno == ENOENT) return false;
    throw failed(errno, "remove", key);
  }
  const std::string folder = parent_folder(key);
  sync({folder});
  prune(folder);
  return true;
}

void LocalRoot::prune(std::string folder) {
  // Writers make a folder anew when it vanishes under them, so this needs no lock.
  while (!folder.empty() && ::unlinkat(descriptor(), folder.c_str(), AT_REMOVEDIR) == 0) {
    folder = parent_folder(folder);
  }
}

void LocalRoot::sync(const TouchedFolders& touched) {
  for (const std::string& folder : touched) {
    const char* name = folder.empty() ? "." : folder.c_str();
    const int opened = ::openat(descriptor(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) {
      // Removed since, because it was empty: nothing of ours is in it.
      if (errno == ENOENT) continue;
      throw failed(errno, "flush", folder);
    }
    const File directory(opened, {});
    if (::fsync(opened) != 0) throw failed(errno, "flush", folder);
  }
}

std::string LocalRoot::label(std::string_view key) const { return fmt::format("{}' in '{}", key, url_); }

Error LocalRoot::failed(int errno_value, std::string_view action, std::string_view key) const {
  const Error error = error_from_errno(errno_value, fmt::format("{} '{}'", action, label(key)));
  return {error.code(), error.message(), std::string(hint_for(error.code()))};
}

}  // namespace unio
