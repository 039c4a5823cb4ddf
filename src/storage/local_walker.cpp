#include "storage/local_walker.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "storage/local_paths.hpp"
#include "storage/object_store.hpp"

namespace unio {
namespace {

enum class EntryKind { object, folder, other };

EntryKind kind_of(int directory, const dirent& entry) {
  if (entry.d_type == DT_REG) return EntryKind::object;
  if (entry.d_type == DT_DIR) return EntryKind::folder;
  if (entry.d_type != DT_UNKNOWN) return EntryKind::other;
  struct ::stat status {};
  if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return EntryKind::other;
  if (S_ISREG(status.st_mode)) return EntryKind::object;
  return S_ISDIR(status.st_mode) ? EntryKind::folder : EntryKind::other;
}

/// Calls `each` for the objects and folders in a folder, until it returns false. A folder that is not there
/// has none.
void for_each_entry(const std::filesystem::path& folder,
                    const std::function<bool(std::string_view, EntryKind)>& each) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), ::closedir);
  if (stream == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return;
    throw_errno(fmt::format("list '{}'", folder.native()));
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) throw_errno(fmt::format("list '{}'", folder.native()));
      return;
    }
    const std::string_view name = entry->d_name;
    // A name that is not UTF-8 cannot be a key; other programs may have put it there.
    if (name == "." || name == ".." || !is_utf8(name)) continue;
    const EntryKind kind = kind_of(::dirfd(stream.get()), *entry);
    if (kind != EntryKind::other && !each(name, kind)) return;
  }
}

/// Whether the folder part of a prefix could be the beginning of a key at all; "../" leads nowhere.
bool may_be_folder(std::string_view folder) {
  if (folder.empty()) return true;
  try {
    check_object_key(folder.substr(0, folder.size() - 1));
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void SortedNames::add(std::string_view name) {
  places_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size())});
  text_ += name;
}

void SortedNames::sort() {
  std::sort(places_.begin(), places_.end(), [&](Place a, Place b) { return view(a) < view(b); });
}

LocalWalker::LocalWalker(std::filesystem::path root, std::string prefix, std::string after,
                         Subfolders subfolders)
    : root_(std::move(root)), prefix_(std::move(prefix)), after_(std::move(after)), subfolders_(subfolders) {
  std::string folder = prefix_.substr(0, prefix_.rfind('/') + 1);
  if (may_be_folder(folder) && !is_reserved(folder)) enter(std::move(folder));
}

/// Whether `entry`, a key or a folder with its slash, is or may hold a wanted key.
bool LocalWalker::is_wanted(std::string_view entry) const {
  const bool is_folder = entry.ends_with('/');
  const bool in_prefix = entry.starts_with(prefix_) || (is_folder && prefix_.starts_with(entry));
  const bool is_later =
      entry > after_ || (is_folder && subfolders_ == Subfolders::enter && after_.starts_with(entry));
  return in_prefix && is_later && !is_skipped(entry);
}

void LocalWalker::enter(std::string folder) {
  Frame frame{.folder = std::move(folder), .names = {}};
  std::string entry = frame.folder;
  for_each_entry(root_ / frame.folder, [&](std::string_view name, EntryKind kind) {
    entry.resize(frame.folder.size());
    entry += name;
    if (kind == EntryKind::folder) entry += '/';
    if (is_wanted(entry) && !is_reserved(entry)) {
      frame.names.add(std::string_view(entry).substr(frame.folder.size()));
    }
    return true;
  });
  frame.names.sort();
  frames_.push_back(std::move(frame));
}

std::optional<std::string> LocalWalker::next() {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.position == frame.names.size()) {
      frames_.pop_back();
      continue;
    }
    std::string entry = frame.folder;
    entry += frame.names[frame.position++];
    if (is_skipped(entry)) continue;
    if (!entry.ends_with('/')) return entry;
    if (subfolders_ == Subfolders::enter) {
      enter(std::move(entry));
    } else if (holds_objects(entry)) {
      return entry;
    }
  }
  return std::nullopt;
}

bool LocalWalker::holds_objects(const std::string& folder) const {
  bool found = false;
  std::vector<std::string> subfolders;
  for_each_entry(root_ / folder, [&](std::string_view name, EntryKind kind) {
    found = kind == EntryKind::object;
    if (kind == EntryKind::folder) subfolders.push_back(folder + std::string(name) + "/");
    return !found;
  });
  return found || std::any_of(subfolders.begin(), subfolders.end(), [&](const std::string& subfolder) {
           return !is_reserved(subfolder) && holds_objects(subfolder);
         });
}

}  // namespace unio
