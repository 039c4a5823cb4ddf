#pragma once

#include <span>
#include <string_view>

#include "base/json.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// One capability with the name that records use and what it means for people.
struct CapabilityName {
  bool StoreCapabilities::*member;
  std::string_view name;     ///< "create_only"
  std::string_view meaning;  ///< "new objects only where none stands"
};
std::span<const CapabilityName> capability_names();

/// As members of a JSON object, and back. Members that are absent keep their defaults.
void add_capabilities(Json& json, const StoreCapabilities& capabilities);
StoreCapabilities parse_capabilities(const Json& json);

}  // namespace unio
