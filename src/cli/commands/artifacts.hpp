#pragma once

#include "cli/commands/common.hpp"
#include "engine/artifact_reader.hpp"

namespace unio {

// What the commands about artifacts share.

/// Name and value of NAME=VALUE; Error invalid_argument that says what it was given to.
std::pair<std::string, std::string> split_pair(const std::string& text, std::string_view option);

/// The document of an artifact, with the registry, and of each file the URL, for --json.
Json artifact_json(const Registry& registry, const OpenedArtifact& artifact);
/// The lines of what was captured, without command line and git commit.
void print_surroundings(Session& session, const ArtifactEnvironment& environment,
                        const std::vector<std::string>& logs);
void print_artifact(Session& session, const Registry& registry, const OpenedArtifact& artifact);

}  // namespace unio
