#pragma once

#include "engine/capture.hpp"
#include "engine/save.hpp"

namespace unio {

/// How an artifact describes itself with labels that a user gave and surroundings that were captured. The
/// labels are masked here, as the capture is already; the number of masked places is that of both.
ArtifactDescription captured_description(const EnvironmentCapture& capture, ArtifactLabels labels);

/// What an artifact keeps of the surroundings.
ArtifactEnvironment artifact_environment(const EnvironmentCapture& capture);

}  // namespace unio
