#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/build.hpp"
#include "engine/context.hpp"
#include "engine/registry.hpp"
#include "model/package_ref.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// Changes to a builder: what `init`, `add`, `set`, `rm`, `mv` and `set-meta` do. All keep the workspace
/// locked while they work and save it durably; none reads file content. Local paths are relative to
/// `directory` (where the user stands) and are kept relative to the workspace's root when they lie in it.

/// Whether an `add`, `mv` or `install` may replace what stands there.
enum class Overwrite { no, yes };

/// Makes `directory` the workspace of a new, empty builder.
Workspace init_workspace(const ResolvedRef& ref, const std::filesystem::path& directory,
                         const Context& context);

/// The same for a builder that begins with the entries of a package, as pointers: `entries` are their
/// indexes, ascending, or absent for all, with the package's metadata then. Nothing is copied or read. A
/// version of `ref` is the one that the builder comes from.
Workspace init_from_package(const ResolvedRef& ref, const OpenedPackage& from,
                            const std::optional<std::vector<std::size_t>>& entries,
                            const std::filesystem::path& directory, const Context& context);

struct AddRequest {
  /// A local file or folder. A trailing slash does not matter; the file system says which it is.
  std::string source;
  /// The logical key (of a folder with or without slash; "" or "." is the root). Absent: the source relative
  /// to the workspace's root; a source outside needs a key.
  std::optional<std::string> key;
  Overwrite overwrite = Overwrite::no;
};

struct AddResult {
  std::string key;     ///< with a slash for a folder, "" for the root
  std::string source;  ///< as it is kept: relative to the root, or absolute
  bool folder = false;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  /// Files that look like secrets by their names: keys.
  std::vector<std::string> secrets;
  /// Symlinks, special files, empty and unreadable folders that will not be packaged.
  std::vector<LeftOut> left_out;
};

/// Adds a file or folder as a source. Error already_exists for a key that a source or pointer has already,
/// naming both sides; Overwrite::yes lets the new one win.
AddResult add(Workspace& workspace, const std::filesystem::path& directory, const AddRequest& request,
              const Context& context);

struct AddPackageResult {
  std::string top_hash;
  std::size_t entries = 0;
};

/// Adds all entries of another package, as pointers, below `key` ("" is the root). Folder metadata comes
/// along.
AddPackageResult add_package(Workspace& workspace, const ResolvedRef& ref, const std::string& key,
                             Overwrite overwrite, const Context& context);
/// The same for one that is open.
AddPackageResult add_package(Workspace& workspace, const OpenedPackage& package, const std::string& key,
                             Overwrite overwrite, const Context& context);

struct AddObjectsResult {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

/// Adds objects of a bucket as pointers: what is below "s3://bucket/prefix/" into the folder `key`, or the
/// one that "s3://bucket/key" names under `key`, or in it when that ends in a slash. Where the bucket keeps
/// versions the pointers say which. Nothing is read: the next build hashes them.
AddObjectsResult add_objects(Workspace& workspace, const std::string& url, const std::string& key,
                             Overwrite overwrite, const Context& context);

/// Sets one key to a local file, whatever stood there, and its user metadata when given.
void set_entry(Workspace& workspace, const std::filesystem::path& directory, const std::string& key,
               const std::string& source, const std::optional<Json>& meta, const Context& context);

/// Sets user metadata of an entry ("a/b"), a folder ("a/") or the package (""); null removes it. Error
/// not_found when the package has no such entry or folder.
void set_meta(Workspace& workspace, const std::string& key, const Json& meta, const Context& context);

/// Takes an entry, or a folder with everything in it, out of the builder. Local files stay. Returns how many
/// entries went. Error not_found with the nearest key.
std::size_t remove_entries(Workspace& workspace, const std::string& key, const Context& context);

/// Renames an entry, or moves everything in folder `from` into folder `to` (both with a slash). Metadata
/// moves along. Local files stay where they are. Error already_exists naming both keys, unless
/// Overwrite::yes. Returns how many entries moved.
std::size_t move_entries(Workspace& workspace, const std::string& from, const std::string& to,
                         Overwrite overwrite, const Context& context);

}  // namespace unio
