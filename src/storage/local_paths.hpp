#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "storage/object_store.hpp"

namespace unio {

// What LocalStore needs to know of paths, apart from its objects.

/// check_object_key, and refuses the folders that the store keeps for itself and segments longer than 255
/// bytes.
void check_local_key(std::string_view key);

/// "file:///data/registry", encoded as physical keys are; no slash at the end.
std::string local_url(const std::filesystem::path& root);

/// Calls `visit` for the keys of files that the listing can want, in ascending order of their bytes, until it
/// returns false. Descends only into folders that can hold such keys; with a delimiter of "/" a folder below
/// the prefix is visited for its first file only.
void list_local(const std::filesystem::path& root, const ListOptions& options,
                const std::function<bool(std::string_view)>& visit);

/// One flush for everything written to the file system that holds `directory`.
void sync_file_system(const File& directory);

}  // namespace unio
