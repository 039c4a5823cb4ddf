#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "engine/context.hpp"
#include "engine/registry.hpp"
#include "workspace/workspace.hpp"

namespace unio {

// What binds a folder to a revision of a package: shared by `install` and `match_folder`.

/// What becomes of a builder in the folder that has changes which are not pushed.
enum class Unpushed { refuse, give_up };

/// The workspace that is already at the location; absent when there is none. Errors: already_exists when the
/// location is, or lies in, the workspace of another package or folder; failed_precondition for
/// Unpushed::refuse.
std::optional<Workspace> find_bound(const ResolvedRef& ref, const std::filesystem::path& location,
                                    Unpushed unpushed);

/// What the folder remembers once everything that `sources` name is installed there.
BuilderState bound_state(const ResolvedRef& ref, const OpenedPackage& package, std::vector<Source> sources);

/// Binds the folder to the package: from here on it is a workspace of this revision.
Workspace bind(std::optional<Workspace> present, const std::filesystem::path& root, BuilderState state,
               const OpenedPackage& package, const Context& context);

}  // namespace unio
