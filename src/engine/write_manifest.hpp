#pragma once

#include <string>

#include "engine/registry.hpp"

namespace unio {

/// Whether a manifest is to take the place of the one with its top hash. Their entries are the same, and only
/// where the bytes are may differ: the present one stays, unless it points at files outside the registry and
/// this one does not.
bool replaces_present(const Registry& registry, const Manifest& manifest, const std::string& top_hash);

/// Makes the manifest stand under its top hash, durable and whole, unless one stands that need not be
/// replaced; in a store that is far away with its index, for those who read parts of it.
void write_manifest(const Registry& registry, const Context& context, const Manifest& manifest,
                    const std::string& top_hash);

}  // namespace unio
