#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "base/random.hpp"

namespace unio {

/// Writing below a folder, by logical keys from outside, in a way that cannot leave it: every component is
/// resolved beneath the root without following a symbolic link, whoever plants one and whenever. One that is
/// in the way is an Error permission_denied that names it. Keys are checked by check_logical_key; the
/// workspace's own state, `.unio`, can be looked at but not changed (Error invalid_argument). Thread-safe.
class SafeTree {
 public:
  /// Opens the root, making it when missing; it may itself be reached through links. Temporary files go to
  /// "<root>/.unio/tmp/".
  SafeTree(const std::filesystem::path& root, RandomSource& random);

  const std::filesystem::path& root() const { return root_; }

  /// What stands at `key`, not followed; absent when nothing does.
  std::optional<struct ::stat> find(std::string_view key) const;

  /// Opens the regular file at `key` for reading; Error not_found; invalid_argument when it is no regular
  /// file.
  File open(std::string_view key) const;

  /// A file that vanishes unless it is put in its place.
  TemporaryFile temporary();

  /// Removes the temporary files of processes that were killed. Only while the workspace is locked: it would
  /// also take those of a process at work.
  void remove_leftovers();

  /// Flushes nothing; renames one of this tree's temporary files to `key`, making folders. A link at `key`
  /// itself is replaced, not followed. Error already_exists when something stands there and `overwrite` is
  /// no, or when a folder stands there, or a file stands where a folder must be.
  enum class Overwrite { no, yes };
  void place(TemporaryFile file, std::string_view key, Overwrite overwrite);

  /// Removes the file at `key` and folders that became empty; nothing happens when it is not there.
  void remove(std::string_view key);

  /// Moves what stands at `key` to "<root>/<folder>/<key>" and removes folders that became empty. `folder` is
  /// ours, such as ".unio/trash/…". Error not_found when nothing stands there, already_exists when the trash
  /// has one.
  void move_aside(std::string_view key, std::string_view folder);

  /// Makes everything written so far survive power loss (one syncfs).
  void flush();

 private:
  enum class Make { no, yes };
  File open_parent(std::string_view key, Make make) const;
  std::optional<File> find_parent(std::string_view key) const;
  bool try_place(const std::string& temporary, std::string_view key, Overwrite overwrite);
  void remove_empty_above(std::string_view key);
  [[noreturn]] void throw_unsafe(std::string_view action, std::string_view key, int error) const;

  std::filesystem::path root_;
  File directory_;
  File temporary_folder_;
  RandomSource& random_;
};

}  // namespace unio
