#include "storage/local_paths.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace unio {
namespace {

constexpr std::string_view temporary_folder = ".unio/tmp/";
constexpr std::string_view locks_folder = ".unio/locks/";
constexpr std::size_t longest_name = 255;

bool is_reserved(std::string_view key) {
  return key.starts_with(temporary_folder) || key.starts_with(locks_folder);
}

/// The names in a folder, folders with a slash at their end: sorted like this they come in the order of keys.
std::vector<std::string> names_in(const std::filesystem::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (directory == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw_errno(fmt::format("list '{}'", folder.native()));
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    // What is not UTF-8 is no key; other programs may have put it there.
    if (name == "." || name == ".." || !is_utf8(name)) continue;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) is_folder = std::filesystem::is_directory(folder / name);
    if (is_folder) name += '/';
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_key(std::string_view text) {
  try {
    check_object_key(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// One listing: a walk over the folders that can hold wanted keys.
class Walk {
 public:
  Walk(const std::filesystem::path& root, const ListOptions& options,
       const std::function<bool(std::string_view)>& visit)
      : root_(root), options_(options), visit_(visit) {}

  /// False when `visit` wants no more.
  bool folder(const std::string& prefix) {
    for (const std::string& name : names_in(root_ / prefix)) {
      const std::string key = prefix + name;
      if (!name.ends_with('/')) {
        if (wanted(key) && !visit_(key)) return false;
      } else if (may_hold_wanted(key) && !descend(key)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool wanted(std::string_view key) const { return key.starts_with(options_.prefix) && key > options_.start; }

  bool may_hold_wanted(std::string_view folder) const {
    if (is_reserved(folder)) return false;
    const std::string_view prefix = options_.prefix;
    const std::size_t common = std::min(folder.size(), prefix.size());
    if (folder.substr(0, common) != prefix.substr(0, common)) return false;
    const std::string_view start = options_.start;
    return start.empty() || start.starts_with(folder) || folder > start;
  }

  bool is_rolled_up(std::string_view folder) const {
    return options_.delimiter == "/" && folder.size() > options_.prefix.size();
  }

  bool descend(const std::string& key) {
    if (!is_rolled_up(key)) return folder(key);
    if (options_.start.starts_with(key)) return true;
    const std::string first = first_file(key);
    return first.empty() || visit_(first);
  }

  std::string first_file(const std::string& prefix) const {
    for (const std::string& name : names_in(root_ / prefix)) {
      if (is_reserved(prefix + name)) continue;
      if (!name.ends_with('/')) return prefix + name;
      if (std::string found = first_file(prefix + name); !found.empty()) return found;
    }
    return {};
  }

  const std::filesystem::path& root_;
  const ListOptions& options_;
  const std::function<bool(std::string_view)>& visit_;
};

}  // namespace

void check_local_key(std::string_view key) {
  check_object_key(key);
  if (is_reserved(key)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is in a folder that the store keeps for itself", key));
  }
  for (std::size_t begin = 0; begin < key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    if (end - begin > longest_name) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' has a segment longer than 255 bytes, which no folder can hold", key));
    }
    begin = end + 1;
  }
}

std::string local_url(const std::filesystem::path& root) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "_.-~/";
  std::string path = root.lexically_normal().native();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::string url = "file://";
  for (const char c : path == "/" ? std::string_view() : std::string_view(path)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
        unreserved.find(c) != std::string_view::npos) {
      url += c;
    } else {
      url += {'%', digits[byte >> 4], digits[byte & 0xF]};
    }
  }
  return url;
}

void list_local(const std::filesystem::path& root, const ListOptions& options,
                const std::function<bool(std::string_view)>& visit) {
  if (!options.delimiter.empty() && options.delimiter != "/") {
    throw Error(ErrorCode::unsupported, "a folder lists with the delimiter '/' only");
  }
  // Everything above the prefix's last slash is given; only what follows must be looked for.
  const auto slash = options.prefix.rfind('/');
  const std::string start = slash == std::string::npos ? "" : options.prefix.substr(0, slash + 1);
  // No key begins like this, and the walk must not leave the root nor enter the store's own folders.
  if (!start.empty() && (!is_key(start.substr(0, slash)) || is_reserved(start))) return;
  Walk(root, options, visit).folder(start);
}

void sync_file_system(const File& directory) {
  if (::syncfs(directory.descriptor()) != 0) throw_errno(fmt::format("flush '{}'", directory.name()));
}

}  // namespace unio
