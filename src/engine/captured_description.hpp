#pragma once

#include <optional>

#include "engine/capture.hpp"
#include "engine/publish.hpp"
#include "engine/save.hpp"

namespace unio {

/// How an artifact describes itself with labels that a user gave and surroundings that were captured. The
/// labels are masked here, as the capture is already; the number of masked places is that of both.
ArtifactDescription captured_description(const EnvironmentCapture& capture, ArtifactLabels labels);

/// What is kept of the surroundings.
ArtifactEnvironment artifact_environment(const EnvironmentCapture& capture);

/// What a revision of a package keeps of them; absent when nothing is to be captured.
std::optional<RevisionSurroundings> captured_surroundings(const EnvironmentCapture& capture);

/// Masks what looks like a secret in labels; how many places there were.
std::size_t mask_labels(ArtifactLabels& labels);

}  // namespace unio
