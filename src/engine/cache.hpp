#pragma once

#include <cstdint>
#include <string>

#include "engine/registry.hpp"

namespace unio {

/// Copies of entries on this machine, in the cache that all packages and processes share.

struct CachedEntries {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// Fetches an entry, or everything in a folder ("" is the package), into the cache and keeps it there until
/// it is cleared, whatever else needs the space. Error not_found with the nearest key; unsupported for bytes
/// that may change.
CachedEntries keep_in_cache(const OpenedPackage& package, const std::string& key, const Context& context);

/// Drops from the cache what only this package uses: content of other packages of the registry stays.
CachedEntries clear_from_cache(const Registry& registry, const PackageName& name, const Context& context);

}  // namespace unio
