#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace unio {

/// A moment in UTC with microseconds, as all records of Unio store it.
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// Where the program gets the time from; constructors take it so that tests can move it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

std::int64_t unix_seconds(Time time);
Time time_from_unix_seconds(std::int64_t seconds);

/// "2026-11-24T12:34:56.000001Z"; the fraction is left out when it is zero.
std::string format_time(Time time);

/// Reads what format_time writes, and the same with an offset ("+02:00"); Error invalid_argument otherwise.
Time parse_time(std::string_view text);

}  // namespace unio
