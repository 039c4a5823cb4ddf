#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/package_ref.hpp"

namespace unio {

/// Where local files for a part of the package are: one `add` or `set`, or an install.
struct Source {
  enum class Kind {
    file,       ///< one file for one key
    folder,     ///< everything in a folder, now and later, below a key
    installed,  ///< the files that an install put there; a new file in the folder is unknown, not added
  };
  Kind kind = Kind::file;
  /// Key of the file, or folder key with a slash at its end, or "" for the package's root.
  std::string key;
  /// As the user wrote it, relative to the workspace's root, or absolute.
  std::string path;
  /// Keys and folder keys (with slash) below `key` that are taken out again by `rm` and `mv`.
  std::vector<std::string> excluded;
  /// Wins over earlier sources and pointers with the same key instead of colliding with them.
  bool overrides = false;

  bool operator==(const Source&) const = default;
};

/// Everything a workspace remembers besides its manifest and index: `.unio/workspace.json`
/// (docs/formats/workspace.md). A value; Workspace loads and saves it.
struct BuilderState {
  /// What this folder is bound to; the version is what was installed or pushed last.
  ResolvedRef ref;

  /// The stored manifest is what the builder would build (no change since): its top hash is shown.
  /// False: "pre-manifest".
  bool built = false;
  /// The stored manifest is published in the registry: the folder holds a package rather than a builder.
  bool published = false;

  /// The file in the state folder that holds the manifest, and its top hash; empty while there is none. A
  /// manifest with entries that have no digest yet has a file but no top hash. Kept by Workspace.
  std::string manifest_file;
  std::string top_hash;
  /// When the file holds only what was installed of a large package: its SHA-256 in hex. Empty: it is whole.
  std::string part_sha256;

  std::vector<Source> sources;

  /// Metadata set for keys that are not built yet: key (folder keys end in a slash) → JSON text.
  std::map<std::string, Json, std::less<>> pending_meta;
  /// Package metadata and message for the next build.
  std::optional<Json> package_meta;
  std::optional<std::string> message;

  /// What the builder knew of pointers when it last looked: pointer → top hash. Tags move by compare-and-swap
  /// on it.
  std::map<std::string, std::string> known_pointers;
  /// Etag of the registry's `.unio/format.json` when it was last found to be one that may be written to.
  std::string known_format;
  /// Top hashes that this state descends from: the parents of the next revision.
  std::vector<std::string> parents;

  static BuilderState parse(std::string_view json);
  std::string dump() const;
};

}  // namespace unio
