#pragma once

#include <filesystem>
#include <optional>

#include "base/environment.hpp"
#include "engine/capture.hpp"

namespace unio {

/// What the system says of itself, in the files below `root`.
CapturedPlatform read_platform(const std::filesystem::path& root);

/// The container that this runs in; absent outside one. Docker tells nobody its image: then a variable may
/// (UNIO_CONTAINER_IMAGE, or those that JupyterHub, GitLab and Apptainer set).
std::optional<CapturedContainer> find_container(const std::filesystem::path& root,
                                                const Environment& environment);

}  // namespace unio
