#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace unio {

/// The moments that a time as people write it stands for, both ends included: "2026-03-01" is that whole day,
/// "2026-03-01T10:00:00" that second, six digits behind it that microsecond.
struct TimeSpan {
  Time first{};
  Time last{};

  bool contains(Time time) const { return first <= time && time <= last; }
  bool operator==(const TimeSpan&) const = default;
};

/// Reads "2026-03-01", "2026-03-01T10:00:00", with a fraction, `Z` or an offset; a space may stand for the
/// `T`. Without a zone it is UTC. Error invalid_argument otherwise.
TimeSpan parse_time_span(std::string_view text);

/// "2026-03-01T10:00:00": how lazyscribe writes times, in UTC; what is below a second is left out.
std::string format_naive_time(Time time);

}  // namespace unio
