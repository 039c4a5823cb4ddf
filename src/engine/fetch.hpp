#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/registry.hpp"
#include "workspace/safe_tree.hpp"

namespace unio {

/// One file to fetch.
struct FetchItem {
  std::size_t entry = 0;  ///< index in the manifest
  std::string path;       ///< below the tree's root
  /// What stands there now and may be replaced; absent: nothing may stand there.
  std::optional<FileStamp> replaces;
};

struct FetchResult {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Fetches entries into a folder: verified while they stream into temporary files, flushed together, then
/// renamed, in rounds. A file appears under its name only when it is whole and survives power loss. `placed`
/// is called for every file in the order of the items, with its new stamp.
///
/// Errors: those of read_entry; failed_precondition for a file that changed since it was looked at;
/// already_exists for what came in the way. What was placed before an error stays.
FetchResult fetch(const Registry& registry, const Manifest& manifest, SafeTree& tree,
                  const std::vector<FetchItem>& items, const Context& context,
                  const std::function<void(const FetchItem&, const FileStamp&)>& placed);

}  // namespace unio
