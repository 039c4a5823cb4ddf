#pragma once

#include <string>
#include <string_view>

#include "engine/context.hpp"
#include "workspace/scan.hpp"
#include "workspace/stat_index.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// The stat index of the workspace. Where it is absent, damaged or belongs to another manifest, one is made from the
/// manifest that trusts no file, so that the next operation reads them all and is right.
StatIndex load_index(Workspace& workspace, const Context& context);

/// The source that feeds `key`: the last that covers it and overrides, else the last that covers it; null for a
/// pointer.
const Source* find_source(const BuilderState& state, std::string_view key);

/// The source's local path for people: "./train2017/", "../test2017/", "/data/x.csv".
std::string display_path(const Source& source);

/// What scans in this context use.
ScanOptions scan_options(const Context& context);

}  // namespace unio
