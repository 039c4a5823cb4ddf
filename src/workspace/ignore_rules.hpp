#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// Which files below a folder are not packaged (docs/ignore.md). Three sources, asked in this order:
///  - the list from the configuration (`.unio/ .git/ .venv/ __pycache__/ node_modules/`) by folder name, anywhere;
///  - `.quiltignore` in the scanned folder, exactly as quilt3 reads it: every line an fnmatch pattern on the path;
///  - `.unioignore` in any folder, with gitignore's rules (negation, anchors, `**`, trailing slash).
/// The ignore files themselves are packaged. Immutable after loading except that folders met on the way down
/// add their `.unioignore`; not thread-safe.
class IgnoreRules {
 public:
  IgnoreRules(const std::filesystem::path& root, std::vector<std::string> default_folders);

  /// Whether the file or folder `path` (relative to the root, no slash at the end) is left out. Folders are
  /// asked before what is in them; what is in an ignored folder need not be asked.
  enum class Kind { file, folder };
  bool ignored(std::string_view path, Kind kind);

 private:
  struct Pattern {
    std::string glob;
    bool negated = false;
    bool folders_only = false;
    bool anchored = false;
  };
  struct Level {
    std::string folder;
    std::vector<Pattern> patterns;
  };
  void load_folder(std::string_view folder);

  std::filesystem::path root_;
  std::vector<std::string> default_folders_;
  std::vector<std::string> quilt_patterns_;
  std::vector<Level> levels_;
};

/// Python's fnmatch: `*` also matches slashes, `?`, `[seq]`, `[!seq]`; case-sensitive.
bool fnmatch_python(std::string_view pattern, std::string_view text);

/// Whether a file looks like a secret by its name: `.env`, private keys, credential files.
bool looks_like_secret(std::string_view path);

}  // namespace unio
