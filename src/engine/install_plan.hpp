#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/fetch.hpp"
#include "engine/install.hpp"
#include "model/manifest.hpp"
#include "workspace/safe_tree.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// What an install has to do, found out before anything is touched.
struct InstallPlan {
  std::vector<FetchItem> fetched;
  /// Of each entry that is or will be here: its file's stamp; absent for those that are not installed.
  std::vector<std::optional<FileStamp>> stamps;
  /// Clean files of the version before in whose place this version needs a folder, or the reverse.
  std::vector<std::string> removed;
  /// Files of the version before that this one does not have.
  std::vector<std::string> left_behind;
  /// Entries whose file had the right content already, in order.
  std::vector<std::size_t> kept;
  /// Entries in whose place another file stays, in order: Foreign::keep.
  std::vector<std::size_t> foreign;
  std::int64_t looked_at_ns = 0;  ///< the file system's time at the start
};

/// Compares what stands in the folder with the entries that `sources` ask for. `before` is the workspace that
/// is there, if any: its clean files may be replaced. Error failed_precondition that names the files which
/// were changed here, or are unknown, and would be lost, unless `foreign` says what becomes of them. A file
/// where the package needs a folder, or the reverse, cannot be kept.
InstallPlan plan_install(const Manifest& manifest, const std::vector<Source>& sources, Workspace* before,
                         const SafeTree& tree, Foreign foreign, const Context& context);

/// The stat index of a folder that was just installed.
void write_index(const Workspace& workspace, const Manifest& manifest, const InstallPlan& plan,
                 const Context& context);

}  // namespace unio
