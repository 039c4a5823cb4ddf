#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/files.hpp"

namespace unio {

/// Folders below a root, relative to it, in which names were made or removed and which must be flushed; "" is
/// the root itself.
using TouchedFolders = std::set<std::string, std::less<>>;

/// What publishing does when the key exists.
enum class Existing { replace, keep };

/// The folder that a LocalStore keeps its objects in: names, folders and their durability, but no content.
///
/// The root is opened on first use and made on first write; when it is moved away later, this object stays with
/// the folder that it has open. A symbolic link is no object; one to a folder is followed by keys that lead
/// through it. Thread-safe.
class LocalRoot {
 public:
  explicit LocalRoot(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::string& url() const { return url_; }

  /// The descriptor of the root; -1 while there is no such folder.
  int find_descriptor() const;
  /// The same, making the folder and its parents, durably.
  int descriptor();

  /// A descriptor of its own on the root: syncfs tells each open file of the errors since it was opened.
  File open_again();

  /// Opens an object for reading; not open when there is none, with its status otherwise.
  struct Opened {
    File file;
    struct ::stat status {};
  };
  Opened open_object(std::string_view key) const;

  /// The kind of file under `key` (S_IFMT bits), without following a link; 0 for none.
  mode_t kind_of(const std::string& key) const;

  /// Gives the file `name` in the folder `from` the name `key`, making folders as needed. False when the key
  /// exists and shall be kept. Adds to `touched` what the caller has to flush.
  bool publish(int from, const std::string& name, const std::string& key, Existing existing,
               TouchedFolders& touched);

  /// Removes an object's name and the folders that are empty then, durably. False when there was none.
  bool remove(const std::string& key);

  /// Makes `folder` and its parents; adds the folders to flush to `touched`.
  void make_folder(const std::string& folder, TouchedFolders& touched);

  void sync(const TouchedFolders& touched);

  /// The Error for a failed system call on `key`: names key and store, and the next step where there is one.
  Error failed(int errno_value, std::string_view action, std::string_view key) const;

  /// The name of an open file for the messages of File: "key' in 'file:///root".
  std::string label(std::string_view key) const;

 private:
  void open_or_create();
  int rename_new(int from, const std::string& name, const std::string& key);
  [[noreturn]] void throw_clash(const std::string& key) const;
  bool is_free_or_kept(const std::string& key);
  void prune(std::string folder);

  std::filesystem::path path_;
  std::string url_;
  mutable std::mutex mutex_;
  mutable File directory_;
  mutable std::atomic<int> descriptor_ = -1;
};

/// The folder part of a key, without the slash; "" for a key right below the root.
std::string parent_folder(std::string_view key);

/// "file:///data/registry": absolute, percent-encoded, without a slash at the end.
std::string file_url(const std::filesystem::path& path);

}  // namespace unio
