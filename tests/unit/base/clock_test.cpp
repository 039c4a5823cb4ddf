#include "base/clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

TEST(Time, is_written_in_utc_with_a_fraction_only_where_there_is_one) {
  EXPECT_EQ(format_time(time_from_unix_seconds(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(time_from_unix_seconds(1'800'000'000)), "2027-01-15T08:00:00Z");
  EXPECT_EQ(format_time(time_from_unix_seconds(0) + std::chrono::microseconds(1)),
            "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format_time(time_from_unix_seconds(0) - std::chrono::microseconds(1)),
            "1969-12-31T23:59:59.999999Z");
}

TEST(Time, is_read_with_an_offset) {
  const Time time = parse_time("2026-11-24T12:34:56.5Z");
  EXPECT_EQ(parse_time("2026-11-24T14:34:56.5+02:00"), time);
  EXPECT_EQ(parse_time("2026-11-24T07:04:56.500000-05:30"), time);
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z") + std::chrono::days(1), parse_time("2024-03-01T00:00:00Z"));
}

TEST(Time, refuses_all_other_spellings) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T12:34:56", "2026-11-24 12:34:56Z", "2026-13-24T12:34:56Z",
        "2026-02-29T12:34:56Z", "2026-11-24T24:34:56Z", "2026-11-24T12:60:56Z", "2026-11-24T12:34:56z",
        "2026-11-24T12:34:56ZZ", "2026-11-24T12:34:56.Z", "2026-11-24T12:34:56+2:00",
        "2026-11-24T12:34:56+02:60", "2026-11-24T12:34:56+24:00", "2026-11-24T-0:34:56Z",
        "2026-11-24T 1:34:56Z", "+026-11-24T12:34:56Z", "2026-11-24T12:34:56+02:00x"}) {
    EXPECT_UNIO_ERROR(parse_time(text), invalid_argument) << text;
  }
}

TEST(Time, counts_whole_seconds_downwards) {
  EXPECT_EQ(unix_seconds(parse_time("1969-12-31T23:59:59.5Z")), -1);
  EXPECT_EQ(unix_seconds(parse_time("1970-01-01T00:00:01.9Z")), 1);
}

TEST(SystemClock, does_not_stand_still) {
  const SystemClock clock;
  EXPECT_GT(unix_seconds(clock.now()), 1'700'000'000);
  const Time before = clock.now();
  EXPECT_LE(before, clock.now());
}

RC_GTEST_PROP(Time, reads_back_what_it_wrote, ()) {
  // The years 1 to 9999.
  const auto micros = *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'799'999'999);
  const Time time{std::chrono::microseconds(micros)};
  RC_ASSERT(parse_time(format_time(time)) == time);
}

}  // namespace
}  // namespace unio::test
