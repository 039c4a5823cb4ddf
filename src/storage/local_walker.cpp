#include "storage/local_walker.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>

#include "storage/local_lock.hpp"
#include "storage/local_temporaries.hpp"

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

/// Calls `each` for the objects and folders in a folder, until it returns false. A folder that is not there has none.
void for_each_entry(const LocalRoot& root, const std::string& folder,
                    const std::function<bool(std::string_view, EntryKind)>& each) {
  const int parent = root.find_descriptor();
  if (parent < 0) return;
  const char* path = folder.empty() ? "." : folder.c_str();
  const int opened = ::openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return;
    throw root.failed(errno, "list", folder);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(opened), ::closedir);
  if (stream == nullptr) {
    ::close(opened);
    throw root.failed(errno, "list", folder);
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) throw root.failed(errno, "list", folder);
      return;
    }
    const std::string_view name = entry->d_name;
    // A name that is not UTF-8 cannot be a key.
    if (name == "." || name == ".." || !simdjson::validate_utf8(name.data(), name.size())) continue;
    const EntryKind kind = kind_of(opened, *entry);
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

bool is_reserved(std::string_view key) {
  static constexpr std::array<std::string_view, 2> folders{temporaries_folder, locks_folder};
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) {
    return key.starts_with(folder) && (key.size() == folder.size() || key[folder.size()] == '/');
  });
}

void SortedNames::add(std::string_view name) {
  places_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size())});
  text_ += name;
}

void SortedNames::sort() {
  std::sort(places_.begin(), places_.end(), [&](Place a, Place b) { return view(a) < view(b); });
}

LocalWalker::LocalWalker(const LocalRoot& root, std::string prefix, std::string after, Subfolders subfolders)
    : root_(root), prefix_(std::move(prefix)), after_(std::move(after)), subfolders_(subfolders) {
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
  for_each_entry(root_, frame.folder, [&](std::string_view name, EntryKind kind) {
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
  for_each_entry(root_, folder, [&](std::string_view name, EntryKind kind) {
    found = kind == EntryKind::object;
    if (kind == EntryKind::folder) subfolders.push_back(folder + std::string(name) + "/");
    return !found;
  });
  return found || std::any_of(subfolders.begin(), subfolders.end(), [&](const std::string& subfolder) {
           return !is_reserved(subfolder) && holds_objects(subfolder);
         });
}

}  // namespace unio
