#include "storage/retention.hpp"

#include <algorithm>

namespace unio {

Retention strictest(const Retention& a, const Retention& b) {
  return {.mode = std::max(a.mode, b.mode),
          .until = std::max(a.until, b.until),
          .legal_hold = a.legal_hold || b.legal_hold};
}

}  // namespace unio
