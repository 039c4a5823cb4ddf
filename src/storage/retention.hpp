#pragma once

#include "base/clock.hpp"

namespace unio {

/// How the service protects one version of an object. Until `until` nobody may remove that version or shorten
/// its protection; in governance mode those may who have a right of their own and say so. A legal hold has no
/// end, but whoever may set one may lift it. What a name shows can still change: a new version, or a mark of
/// removal, may come above.
struct Retention {
  enum class Mode { none, governance, compliance };
  Mode mode = Mode::none;
  Time until{};  ///< whole seconds; the epoch without a mode
  bool legal_hold = false;

  bool operator==(const Retention&) const = default;
  bool protects_at(Time now) const { return legal_hold || (mode != Mode::none && until > now); }
};

/// What protects as long and as strictly as each of them.
Retention strictest(const Retention& a, const Retention& b);
/// Whether what is there protects as long and as strictly as what is wanted.
inline bool covers(const Retention& present, const Retention& wanted) {
  return strictest(present, wanted) == present;
}

}  // namespace unio
