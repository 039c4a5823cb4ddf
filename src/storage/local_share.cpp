#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "storage/listing.hpp"
#include "storage/local_copy.hpp"
#include "storage/local_paths.hpp"
#include "storage/local_store.hpp"

namespace unio {
namespace {

constexpr mode_t write_bits = S_IWUSR | S_IWGRP | S_IWOTH;

/// A file system without rights answers that it cannot, and the file of another user is his to protect.
bool cannot_have_rights(int error) {
  return error == EPERM || error == ENOTSUP || error == ENOSYS || error == EROFS;
}

bool is_refused_link(int error) {
  return error == EPERM || error == EACCES || error == EMLINK || error == EXDEV || error == ENOTSUP ||
         error == ENOSYS;
}

}  // namespace

std::filesystem::path LocalStore::path(std::string_view key) const {
  check_local_key(key);
  return path_of(key);
}

bool LocalStore::share(std::string_view from, std::string_view to) {
  check_local_key(to);
  check_local_key(from);
  const auto source = open_object(from);
  if (!source) throw not_found(from);
  TemporaryFile file = temporary();
  if (share_blocks(*source, file.file())) {
    if (::fchmod(file.file().descriptor(), 0444) != 0 && !cannot_have_rights(errno))
      throw_errno(fmt::format("write '{}'", file.file().name()));
    publish(file, to, Condition::absent());
    return true;
  }
  // The link gets a temporary name first, since the place may need folders and another writer may take it.
  const std::filesystem::path name = file.path().native() + "-link";
  if (::link(path_of(from).c_str(), name.c_str()) != 0) {
    if (is_refused_link(errno)) return false;
    throw_errno(fmt::format("link '{}'", name.native()));
  }
  TemporaryFile link(File::open_for_reading(name), name);
  if (!place(link, to, Existing::keep, FlushFolders::now))
    throw condition_failed(url(), to, Condition::absent());
  const std::string key(to);
  make_read_only({&key, 1});
  return true;
}

void LocalStore::make_read_only(std::span<const std::string> keys) {
  for (const std::string& key : keys) {
    check_local_key(key);
    const auto file = open_object(key);
    if (!file) throw not_found(key);
    const mode_t rights = file->status().st_mode & 07777;
    if ((rights & write_bits) == 0) continue;
    if (::fchmod(file->descriptor(), rights & ~write_bits) != 0 && !cannot_have_rights(errno))
      throw_errno(fmt::format("protect '{}'", file->name()));
  }
}

}  // namespace unio
