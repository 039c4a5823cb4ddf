#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/registry.hpp"
#include "engine/status.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// Where the bytes of a builder's parts are, part by part in tree order: a line for each source, and one for
/// each folder of pointers and place. A source whose data was pushed is where it was pushed to; a single file
/// that is in `changed` (keys in tree order) is not.
std::vector<DataLine> data_lines(Workspace& workspace, const Registry& registry,
                                 const std::vector<std::string>& changed);

/// The same of the entries of a manifest, as pointers.
std::vector<DataLine> data_lines(const Manifest& manifest);

}  // namespace unio
