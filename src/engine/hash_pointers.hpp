#pragma once

#include "engine/context.hpp"
#include "model/manifest.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// The workspace's manifest with the digest of every entry: pointers that were added without one are read,
/// the small ones many at a time. The manifest itself when there is none of these.
Manifest with_digests(Workspace& workspace, const Context& context);

}  // namespace unio
