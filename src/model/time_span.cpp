#include "model/time_span.hpp"

#include <fmt/format.h>

#include <chrono>

namespace unio {
namespace {

constexpr std::size_t date_length = 10;
constexpr std::size_t seconds_length = 19;

bool has_zone(std::string_view text) {
  return text.substr(seconds_length).find_first_of("Z+-") != std::string_view::npos;
}

}  // namespace

TimeSpan parse_time_span(std::string_view text) {
  using std::chrono::microseconds;
  if (text.size() == date_length) {
    const Time start = parse_time(fmt::format("{}T00:00:00Z", text));
    return {start, start + std::chrono::days(1) - microseconds(1)};
  }
  std::string full(text);
  if (full.size() < seconds_length) return {parse_time(full), {}};  // which says what is wrong
  if (full[date_length] == ' ') full[date_length] = 'T';
  if (!has_zone(full)) full += 'Z';
  const Time start = parse_time(full);
  if (full[seconds_length] == '.') return {start, start};
  return {start, start + std::chrono::seconds(1) - microseconds(1)};
}

std::string format_naive_time(Time time) {
  std::string text = format_time(std::chrono::floor<std::chrono::seconds>(time));
  text.pop_back();
  return text;
}

}  // namespace unio
