#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/content.hpp"
#include "engine/registry.hpp"
#include "model/manifest.hpp"

namespace unio {

// Whole entries in memory, for front ends that give them to a program. All are checked against size and
// digest, and what came from far away is in the cache afterwards. Errors as for read_entry.

/// The content of a small entry where it is at hand: in a folder, or in the cache. Absent when a request is
/// needed for it, or the entry is larger than `largest_small_entry`. A damaged copy in the cache is dropped.
std::optional<std::string> find_at_hand(const Registry& registry, const Context& context,
                                        const EntryView& entry);

/// Called once, perhaps before the call that began it returns, on any thread; it must be quick, must not wait
/// and must not throw.
using EntryArrived = std::function<void(std::exception_ptr failure, std::string content)>;

/// Begins to fetch a small entry that is not at hand, without a thread that waits for it. The registry's
/// store must live until it has arrived; who gets the content gives it to `take_content`.
void start_fetch(const Registry& registry, const Context& context, const EntryView& entry,
                 EntryArrived arrived);
/// Checks what was fetched, and keeps it in the cache.
void take_content(const Registry& registry, const Context& context, const EntryView& entry,
                  std::string_view content);

/// Several at once: calls `take(i, content)` for the entry `entries[i]`, in any order, on several threads.
/// Memory is bounded by what `take` keeps and one large entry for each thread.
void read_contents(const Registry& registry, const Context& context, std::span<const EntryView> entries,
                   const std::function<void(std::size_t, std::string)>& take);

}  // namespace unio
