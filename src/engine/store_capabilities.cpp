#include "engine/store_capabilities.hpp"

#include <array>

namespace unio {
namespace {

constexpr std::array names{
    CapabilityName{&StoreCapabilities::create_only, "create_only", "writes only where nothing stands"},
    CapabilityName{&StoreCapabilities::swap, "swap", "writes only over what was seen"},
    CapabilityName{&StoreCapabilities::quoted_etags, "quoted_etags", "takes etags as it gives them"},
    CapabilityName{&StoreCapabilities::conditional_completion, "conditional_completion",
                   "the same for large objects"},
    CapabilityName{&StoreCapabilities::conditional_removal, "conditional_removal",
                   "removes only what was seen"},
    CapabilityName{&StoreCapabilities::checks_bytes, "checks_bytes", "refuses bytes that changed on the way"},
    CapabilityName{&StoreCapabilities::keeps_checksums, "keeps_checksums", "tells the checksum of an object"},
    CapabilityName{&StoreCapabilities::versions, "versions", "keeps old versions of objects"},
    CapabilityName{&StoreCapabilities::object_lock, "object_lock", "can protect objects from removal"},
};

}  // namespace

std::span<const CapabilityName> capability_names() {
  return names;
}

void add_capabilities(Json& json, const StoreCapabilities& capabilities) {
  for (const CapabilityName& row : names) json.set(std::string(row.name), capabilities.*row.member);
}

StoreCapabilities parse_capabilities(const Json& json) {
  StoreCapabilities capabilities;
  for (const CapabilityName& row : names) {
    const Json* value = json.find(row.name);
    if (value != nullptr && value->if_bool() != nullptr) capabilities.*row.member = *value->if_bool();
  }
  return capabilities;
}

}  // namespace unio
