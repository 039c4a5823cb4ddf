#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "engine/capture.hpp"

namespace unio {

// What commands that publish record of where something came from.

/// Of this level, with the command line and the Python that the user has.
CaptureOptions capture_options(Session& session, CaptureLevel level);

/// For a push from this folder. Without a level that was asked for: references, unless the setting is off.
CaptureOptions push_capture(Session& session, const std::optional<std::string>& level,
                            const std::filesystem::path& directory);

/// The ids of what --based-on names: whole ids of artifacts, and packages as references.
std::vector<std::string> parent_ids(Session& session, const std::vector<std::string>& given);

}  // namespace unio
