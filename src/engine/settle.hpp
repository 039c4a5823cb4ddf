#pragma once

#include "engine/registry.hpp"

namespace unio {

/// Completes what others began to publish and did not finish, or clears it away, for who looks at what was
/// published: saves of artifacts and moves of names. One request when nothing is going on. What this user may
/// not write is left as it is.
void settle(const Registry& registry, const Context& context);

}  // namespace unio
