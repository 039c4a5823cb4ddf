#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/context.hpp"
#include "engine/ingest.hpp"
#include "workspace/scan.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// A local path that a build or a status left out of the package, and why.
struct LeftOut {
  enum class Why { symlink, special, empty_folder, ignored, unreadable };
  Why why;
  std::string path;
};

/// Why what the scan found in this state is no part of a package; absent for files, and for what is ignored.
std::optional<LeftOut::Why> why_left_out(ScanState state);

struct BuildOptions {
  /// Message of the revision. Absent: that of the present manifest if nothing changed, else none.
  std::optional<std::string> message;
  /// The package's user metadata. Absent: as it was.
  std::optional<Json> meta;
  /// Stores new content in the registry in the same pass. Absent: files are only hashed, and their entries
  /// point at the local files.
  Ingest* ingest = nullptr;
};

struct BuildResult {
  std::string top_hash;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  std::size_t hashed = 0;            ///< files whose content was read
  bool changed = false;              ///< the manifest differs from the one before
  std::vector<std::string> removed;  ///< keys whose local file is gone from a folder source
  std::vector<LeftOut> left_out;
  std::vector<std::string> secrets;  ///< keys of new content that look like secrets by their names
};

/// Makes the workspace's manifest from its sources: what did not change by the stat index keeps its entry,
/// the rest is hashed on several threads. Saves manifest, index and state. The workspace must be locked.
///
/// Errors: failed_precondition naming the keys when installed files are missing, or a file that changes while
/// it is read; permission_denied for what cannot be read; already_exists for colliding sources.
BuildResult build(Workspace& workspace, const BuildOptions& options, const Context& context);

}  // namespace unio
