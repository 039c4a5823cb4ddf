#pragma once

#include <filesystem>

#include "engine/registry.hpp"
#include "engine/sync.hpp"

namespace unio {

/// Makes a folder hold exactly the files of a published revision and binds it to that, whatever was there: as
/// `sync`, for a folder that is bound to another revision of the package, or to nothing. `ref` is the
/// revision as the folder will remember it. With DryRun::yes nothing is bound or changed.
///
/// Errors: already_exists for the workspace of another package, failed_precondition when an unpushed builder
/// would be lost.
SyncResult match_folder(const ResolvedRef& ref, const OpenedPackage& package,
                        const std::filesystem::path& folder, DryRun dry_run, const Context& context);

}  // namespace unio
