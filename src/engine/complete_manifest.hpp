#pragma once

#include "engine/context.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// Where `install --path` left only a part of the manifest in the workspace: reads the whole of it from the
/// registry and stores it. For everything that changes, publishes or completes what is here. Nothing happens
/// when it is whole.
void complete_manifest(Workspace& workspace, const Context& context);

}  // namespace unio
