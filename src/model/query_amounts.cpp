#include "model/query_amounts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/ascii.hpp"
#include "base/error.hpp"

namespace unio {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// A number of exactly so many digits.
std::optional<int> find_digits(std::string_view text, std::size_t count) {
  if (text.size() != count || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Period days_of(std::chrono::year_month_day first, std::chrono::year_month_day next) {
  return {Time(sys_days(first)), Time(sys_days(next))};
}

/// A year, a month or a day.
std::optional<Period> find_date(std::string_view text) {
  using namespace std::chrono;
  const auto y = find_digits(text.substr(0, 4), 4);
  if (!y) return std::nullopt;
  const year in(*y);
  if (text.size() == 4) return days_of(in / January / 1, (in + years(1)) / January / 1);
  const auto m = text[4] == '-' ? find_digits(text.substr(5, 2), 2) : std::nullopt;
  if (!m || *m < 1 || *m > 12) return std::nullopt;
  const year_month month_of = in / month(static_cast<unsigned>(*m));
  if (text.size() == 7) return days_of(month_of / 1, (month_of + months(1)) / 1);
  const auto d = text.size() == 10 && text[7] == '-' ? find_digits(text.substr(8), 2) : std::nullopt;
  if (!d) return std::nullopt;
  const year_month_day date = month_of / day(static_cast<unsigned>(*d));
  if (!date.ok()) return std::nullopt;
  return days_of(date, sys_days(date) + days(1));
}

std::optional<Period> find_moment(std::string_view text) {
  constexpr std::size_t date = 10;
  constexpr std::size_t minutes = 16;
  if (text.size() < minutes || text[date] != 'T') return std::nullopt;
  std::string full(text);
  const bool seconds = text.size() > minutes && text[minutes] == ':';
  if (!seconds) full.insert(minutes, ":00");
  const bool zone = full.back() == 'Z' || full.find_first_of("+-", date) != std::string::npos;
  if (!zone) full += 'Z';
  try {
    const Time time = parse_time(full);
    return Period{time, time};
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::chrono::minutes> find_unit(std::string_view name) {
  using namespace std::chrono;
  if (name == "min") return minutes(1);
  if (name == "h") return hours(1);
  if (name == "d") return days(1);
  if (name == "w") return weeks(1);
  if (name == "y") return days(365);
  return std::nullopt;
}

std::optional<Period> find_age(std::string_view text, Time now) {
  if (!text.starts_with('-')) return std::nullopt;
  constexpr std::int64_t most = 100'000'000'000;  // minutes: beyond, microseconds would overflow
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), count);
  const auto unit = find_unit(text.substr(static_cast<std::size_t>(end - text.data())));
  if (error != std::errc() || !unit || count < 0 || count > most / unit->count()) return std::nullopt;
  constexpr Time earliest{
      std::chrono::seconds(-62'167'219'200)};  // year 0: times are written with four digits
  const auto age = count * *unit;
  const Time time = age > now - earliest ? earliest : now - age;
  return Period{time, time};
}

std::optional<double> find_factor(std::string_view unit) {
  if (unit.empty() || unit == "B") return 1;
  constexpr std::string_view prefixes = "KMGTP";
  const char letter = unit.front() == 'k' ? 'K' : unit.front();
  const std::size_t power = prefixes.find(letter);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view rest = unit.substr(1);
  if (rest != "" && rest != "B" && rest != "iB") return std::nullopt;
  return std::pow(rest == "iB" ? 1024.0 : 1000.0, static_cast<double>(power) + 1);
}

}  // namespace

std::optional<Period> find_period(std::string_view text, Time now) {
  const auto today = std::chrono::floor<days>(now);
  if (text == "today") return Period{today, today + days(1)};
  if (text == "yesterday") return Period{today - days(1), today};
  if (const auto age = find_age(text, now)) return age;
  if (const auto date = find_date(text)) return date;
  return find_moment(text);
}

std::optional<std::int64_t> find_bytes(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto factor = find_factor(text.substr(static_cast<std::size_t>(end - text.data())));
  constexpr double most = 9e18;  // of 64 bits
  if (!factor || number * *factor > most) return std::nullopt;
  return std::llround(number * *factor);
}

std::optional<QueryValue> find_plain_value(std::string_view text) {
  const bool number = !text.empty() && (is_digit(text.back()) || text.back() == '.') &&
                      (is_digit(text.front()) || text.front() == '-');
  if (!number && text != "true" && text != "false") return std::nullopt;
  try {
    return QueryValue::of_document(Json::parse(text));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace unio
