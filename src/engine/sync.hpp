#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/context.hpp"
#include "workspace/workspace.hpp"

namespace unio {

struct SyncChange {
  enum class Kind { removed, replaced, restored };
  Kind kind;
  std::string key;
  std::string path;
  std::string url;  ///< where the right content came from
};

struct SyncResult {
  std::vector<SyncChange> changes;
  /// Where what was changed or unknown has been moved: "<root>/.unio/trash/<time>"; empty when nothing was.
  std::string trash;
};

enum class DryRun { no, yes };

/// Makes the folder match its manifest exactly. Changed and unknown files are moved to the trash, not
/// deleted; missing and changed ones are fetched. Error failed_precondition when an unpushed builder would be
/// lost.
SyncResult sync(Workspace& workspace, DryRun dry_run, const Context& context);

}  // namespace unio
