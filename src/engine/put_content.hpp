#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/digest.hpp"
#include "engine/context.hpp"
#include "engine/registry.hpp"

namespace unio {

/// Content for a registry: in memory, or a local file of any size.
using NewContent = std::variant<std::string, std::filesystem::path>;

/// Content that a registry has, as the object that its digest names.
struct StoredContent {
  Digest digest;
  std::uint64_t size = 0;
  bool stored = false;  ///< false: the registry had it already
};

/// Puts contents into a registry, content-addressed, each read and hashed once; results in their order. All
/// are durable when this returns. Repeating it changes nothing, whoever does so.
///
/// For processes that take part in a push which another one announced (SharedPush) and holds until its
/// manifest is published: only that keeps the objects from being collected.
///
/// Errors: not_found and others for a file that cannot be read, failed_precondition for one that changes
/// meanwhile.
std::vector<StoredContent> put_contents(const Registry& registry, std::span<const NewContent> contents,
                                        const Context& context);

/// Positions of the contents that the registry does not have, ascending. One look into the store for each.
std::vector<std::size_t> find_missing(const Registry& registry, std::span<const StoredContent> contents,
                                      const Context& context);

}  // namespace unio
