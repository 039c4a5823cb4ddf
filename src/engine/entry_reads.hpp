#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "engine/registry.hpp"
#include "model/manifest.hpp"

namespace unio {

// Whole entries in memory, for front ends that give them to a program. All are checked against size and
// digest, and what came from far away is in the cache afterwards. Errors as for read_entry.

/// Larger ones are not looked for in the cache as a whole, nor asked for many at a time.
inline constexpr std::uint64_t largest_small_entry = std::uint64_t{8} << 20;

/// The content where it is at hand: in a folder, or in the cache. Absent when a request is needed for it, or
/// the entry is larger than `largest_small_entry`. A damaged copy in the cache is dropped.
std::optional<std::string> find_at_hand(const Registry& registry, const Context& context,
                                        const EntryView& entry);

std::string read_content(const Registry& registry, const Context& context, const EntryView& entry);
/// The same, streamed, without looking for it at hand: large ones are in the cache only where they lie under
/// the address of their content.
void read_and_keep(const Registry& registry, const Context& context, const EntryView& entry,
                   const ByteSink& sink);

/// Several at once: calls `take(i, content)` for the entry `entries[i]`, in any order, on several threads.
/// Memory is bounded by what `take` keeps and one large entry for each thread.
void read_contents(const Registry& registry, const Context& context, std::span<const EntryView> entries,
                   const std::function<void(std::size_t, std::string)>& take);

}  // namespace unio
