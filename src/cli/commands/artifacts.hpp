#pragma once

#include "cli/commands/common.hpp"
#include "engine/artifact_reader.hpp"

namespace unio {

// What the commands about artifacts share.

/// The document of an artifact, with the registry, and of each file the URL, for --json.
Json artifact_json(const Registry& registry, const OpenedArtifact& artifact);
void print_artifact(Session& session, const Registry& registry, const OpenedArtifact& artifact);

}  // namespace unio
