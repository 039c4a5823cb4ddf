#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/files.hpp"

namespace unio {

// What LocalStore needs to know of paths, apart from its objects.

/// check_object_key, and refuses the folders that the store keeps for itself and segments longer than 255
/// bytes.
void check_local_key(std::string_view key);

/// "file:///data/registry", encoded as physical keys are; no slash at the end.
std::string local_url(const std::filesystem::path& root);

/// Whether a key, or a folder with its slash, is in the folders that the store keeps for itself.
bool is_reserved(std::string_view key);

/// One flush for everything written to the file system that holds `directory`.
void sync_file_system(const File& directory);

}  // namespace unio
