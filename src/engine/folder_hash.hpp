#pragma once

#include <string>

#include "engine/context.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// The top hash that the folder's content would build to under the header and metadata of the package it
/// holds, each file by its entry's digest type: equal to that package's exactly when nothing changed. Error
/// failed_precondition for a partial install, naming `--path`.
std::string folder_hash(Workspace& workspace, const Context& context);

}  // namespace unio
