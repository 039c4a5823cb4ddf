#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "base/random.hpp"

namespace unio {

/// Writing below a folder, by logical keys from outside, in a way that cannot leave it: every component is
/// resolved beneath the root without following a symlink (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, else
/// component by component with O_NOFOLLOW). A symlink planted in the way is an Error permission_denied that
/// names it. Keys are checked by check_logical_key. Thread-safe.
class SafeTree {
 public:
  /// Opens the root, making it when missing. Temporary files go to "<root>/.unio/tmp/".
  SafeTree(const std::filesystem::path& root, RandomSource& random);

  const std::filesystem::path& root() const { return root_; }

  /// What stands at `key`, not followed; absent when nothing does.
  std::optional<struct ::stat> find(std::string_view key) const;

  /// Opens the regular file at `key` for reading; Error not_found; permission_denied when a symlink is in the
  /// way.
  File open(std::string_view key) const;

  /// A file that vanishes unless it is put in its place.
  TemporaryFile temporary();

  /// Flushes nothing; renames the finished file to `key`, making folders. Error already_exists when something
  /// stands there and `overwrite` is no, or when a folder stands there, or a file stands where a folder must
  /// be.
  enum class Overwrite { no, yes };
  void place(TemporaryFile file, std::string_view key, Overwrite overwrite);

  /// Removes the file at `key` and folders that became empty; nothing happens when it is not there.
  void remove(std::string_view key);

  /// Moves the file at `key` to "<root>/<folder>/<key>" (folder is ours, such as ".unio/trash/…").
  void move_aside(std::string_view key, std::string_view folder);

  /// Makes everything written so far survive power loss (one syncfs).
  void flush();

 private:
  enum class Make { no, yes };
  File open_parent(std::string_view key, Make make) const;

  std::filesystem::path root_;
  File directory_;
  RandomSource& random_;
};

}  // namespace unio
