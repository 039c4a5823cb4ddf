#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/registry.hpp"

namespace unio {

/// What a registry allows and can do, found out by trying.
struct RegistryCheck {
  bool writable = false;
  std::string why_not;  ///< when it is not writable
  /// Absent where stores do not differ, and where nothing could be written.
  std::optional<StoreCapabilities> capabilities;
  std::size_t swept_uploads = 0;  ///< that were abandoned

  /// Whether several people may publish at once.
  bool safe_for_many() const { return writable && (!capabilities || capabilities->many_writers()); }
};

/// Looks whether a registry can be read and written, and what its service can do; keeps that in the registry
/// and removes abandoned uploads. Errors of reading are thrown.
RegistryCheck check_registry(const Registry& registry, const Context& context);

}  // namespace unio
