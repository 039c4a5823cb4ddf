#pragma once

#include <span>
#include <string>

#include "engine/browse.hpp"
#include "engine/context.hpp"
#include "engine/registry.hpp"

namespace unio {

/// A manifest that is no larger is read whole: it has no index (docs/formats/manifest_index.md).
inline constexpr std::uint64_t read_whole_below = std::uint64_t{1} << 20;

/// As open_package, for looking at these entries and folders only ("" is everything): of a large manifest in
/// a far store that has an index, only the blocks in question are read. The manifest then holds at least
/// every entry that is asked for, and `left_out` the other blocks; it does not have its top hash.
///
/// With Depth::one_level blocks are also left out whose entries are all in one folder below the one asked
/// for; each such folder still has some entry in the manifest.
OpenedPackage open_part(const ResolvedRef& ref, std::span<const std::string> keys, Depth depth,
                        const Context& context);

}  // namespace unio
