#pragma once

#include "engine/context.hpp"
#include "workspace/scan.hpp"
#include "workspace/stat_index.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// The stat index of the workspace. Where it is absent, damaged or belongs to another manifest, one is made from the
/// manifest that trusts no file, so that the next operation reads them all and is right.
StatIndex load_index(Workspace& workspace, const Context& context);

/// What scans in this context use.
ScanOptions scan_options(const Context& context);

}  // namespace unio
