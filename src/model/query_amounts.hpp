#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "model/query_value.hpp"

namespace unio {

/// The time that a person means: from `start` to before `end`, as a day; or one moment, when they are equal.
struct Period {
  Time start{};
  Time end{};
  bool is_moment() const { return start == end; }
};

/// `2026`, `2026-03`, `2026-03-01`, `today`, `yesterday` (in UTC); `2026-03-01T12:30`, with seconds, fraction
/// and zone if wanted (else UTC); `-10d`, so long before now, in `min`, `h`, `d`, `w` or `y` of 365 days.
std::optional<Period> find_period(std::string_view text, Time now);

/// `1000`, `10kB`, `1.5MB`, `2GiB`: bytes.
std::optional<std::int64_t> find_bytes(std::string_view text);

/// A number as JSON has it, or `true` or `false`.
std::optional<QueryValue> find_plain_value(std::string_view text);

}  // namespace unio
