#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/commands/common.hpp"
#include "engine/catalog_update.hpp"

namespace unio {

// What the commands that ask the catalogue share.

/// Whether the store is read for what is new first.
enum class Freshness { updated, offline };

/// Calls `body` with the catalogue of the default registry.
void use_catalog(Session& session, Freshness freshness, const std::function<void(Catalog&)>& body);

/// A positive number given to an option; Error invalid_argument that names the option.
std::optional<std::size_t> parse_count(const std::optional<std::string>& text, std::string_view option);

}  // namespace unio
