#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/context.hpp"

namespace unio {

/// The commit that is checked out where `directory` lies, with "-dirty" behind it when tracked files differ
/// from it; absent outside a git checkout and where there is no git.
std::optional<std::string> find_git_commit(const std::filesystem::path& directory, const Context& context);

}  // namespace unio
