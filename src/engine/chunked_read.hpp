#pragma once

#include <cstdint>
#include <functional>

#include "engine/registry.hpp"
#include "model/manifest.hpp"

namespace unio {

/// Reads a large entry of a far store by the chunks of its digest, several at once, hashed by several
/// threads: calls `take` on these with each chunk and where it begins, in any order. What it got must not be
/// believed until this returns: size and digest are checked then, as read_entry does. False, and nothing was
/// read, when the entry is small, near, or has a digest of another kind.
bool read_in_chunks(const Registry& registry, const Context& context, const EntryView& entry,
                    const std::function<void(std::uint64_t offset, Bytes chunk)>& take);

}  // namespace unio
