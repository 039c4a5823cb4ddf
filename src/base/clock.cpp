#include "base/clock.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace unio {
namespace {

[[noreturn]] void throw_bad_time(std::string_view text) {
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no time", text),
              "write it as 2026-11-24T12:34:56Z");
}

/// Reads a number of exactly `width` digits at `position`.
int digits(std::string_view text, std::size_t position, std::size_t width) {
  if (position + width > text.size()) throw_bad_time(text);
  int value = 0;
  for (const char c : text.substr(position, width)) {
    if (c < '0' || c > '9') throw_bad_time(text);
    value = value * 10 + (c - '0');
  }
  return value;
}

void expect(std::string_view text, std::size_t position, char wanted) {
  if (position >= text.size() || text[position] != wanted) throw_bad_time(text);
}

/// The fraction behind the seconds in microseconds; moves `position` behind it.
std::chrono::microseconds fraction(std::string_view text, std::size_t& position) {
  if (position >= text.size() || text[position] != '.') return std::chrono::microseconds(0);
  std::int64_t value = 0;
  int scale = 100'000;
  const std::size_t first = ++position;
  for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position) {
    value += (text[position] - '0') * scale;
    scale /= 10;
  }
  if (position == first) throw_bad_time(text);
  return std::chrono::microseconds(value);
}

std::chrono::minutes offset(std::string_view text, std::size_t position) {
  if (text.substr(position) == "Z") return std::chrono::minutes(0);
  if (text.size() != position + 6 || (text[position] != '+' && text[position] != '-')) throw_bad_time(text);
  expect(text, position + 3, ':');
  const int hours = digits(text, position + 1, 2);
  const int minutes = digits(text, position + 4, 2);
  if (hours > 23 || minutes > 59) throw_bad_time(text);
  const int total = hours * 60 + minutes;
  return std::chrono::minutes(text[position] == '-' ? -total : total);
}

}  // namespace

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::int64_t unix_seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Time time_from_unix_seconds(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

std::string format_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

Time parse_time(std::string_view text) {
  for (const auto& [position, character] : {std::pair{4, '-'}, {7, '-'}, {10, 'T'}, {13, ':'}, {16, ':'}}) {
    expect(text, static_cast<std::size_t>(position), character);
  }
  const std::chrono::year_month_day date(std::chrono::year(digits(text, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(digits(text, 8, 2))));
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) throw_bad_time(text);
  std::size_t position = 19;
  const auto micros = fraction(text, position);
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + micros - offset(text, position);
}

}  // namespace unio
