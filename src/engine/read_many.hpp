#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "engine/context.hpp"

namespace unio {

/// Gets the content of the object `i`; absent for one that is not there.
using TakeObject = std::function<void(std::size_t i, std::optional<std::string> content)>;

/// Reads the first `limit` bytes of each of many objects, and one more where there is one; many at once where
/// the store is far. `take` is called on several threads, in any order. Throws the first failure other than
/// that an object is not there.
void read_beginnings(ObjectStore& store, std::span<const std::string> keys, std::uint64_t limit,
                     const Context& context, const TakeObject& take);

/// The same for whole objects, most of which have no more than `usual` bytes. One of more than 64 MiB is
/// taken for absent.
void read_many(ObjectStore& store, std::span<const std::string> keys, std::uint64_t usual,
               const Context& context, const TakeObject& take);

/// Calls `each(i)` for what waits for the store's answers one after the other: on many threads where it is
/// far.
void ask_many(ObjectStore& store, std::size_t count, const Context& context,
              const std::function<void(std::size_t i)>& each);

}  // namespace unio
