#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/glob.hpp"

namespace unio {

/// Which files below a folder are not packaged (docs/ignore.md). Three sources, asked in this order:
///  - the list from the configuration (`.unio/ .git/ .venv/ __pycache__/ node_modules/`) by folder name,
///  anywhere;
///  - `.quiltignore` in the scanned folder, exactly as quilt3 reads it: for every line r the fnmatch pattern
///  `*/r` on the
///    absolute path;
///  - `.unioignore` in any folder, with gitignore's rules (negation, anchors, `**`, trailing slash).
/// The ignore files themselves are packaged. Immutable after loading except that folders met on the way down
/// add their `.unioignore`; not thread-safe.
class IgnoreRules {
 public:
  /// `root` is the scanned folder. `outer` is its path below the workspace's root, when it lies there (""
  /// when it is the root, or elsewhere): the `.unioignore` files from that root down speak of it too.
  IgnoreRules(const std::filesystem::path& root, std::vector<std::string> default_folders,
              std::string_view outer = {});

  /// Whether the file or folder `path` (relative to the root, no slash at the end) is left out. Folders are
  /// asked before what is in them; what is in an ignored folder need not be asked.
  enum class Kind { file, folder };
  bool ignored(std::string_view path, Kind kind);

 private:
  struct Pattern {
    Glob glob;
    bool negated = false;
    bool folders_only = false;
    bool anchored = false;
  };
  struct Level {
    std::string folder;
    std::vector<Pattern> patterns;
  };
  static void add_pattern(Level& level, std::string line);
  void load_folder(std::string_view folder);
  void enter(std::string_view folder);
  bool ignored_by_quilt(std::string_view path, Kind kind);
  bool ignored_by_unio(std::string_view below_root, Kind kind);

  std::filesystem::path top_;  ///< where `.unioignore` files begin to count
  std::string outer_;
  std::string absolute_;  ///< the scanned folder, without a slash at its end
  std::vector<std::string> default_folders_;
  std::vector<Glob> quilt_patterns_;
  std::vector<Level> levels_;
};

/// Whether a file looks like a secret by its name: `.env`, private keys, credential files.
bool looks_like_secret(std::string_view path);

}  // namespace unio
