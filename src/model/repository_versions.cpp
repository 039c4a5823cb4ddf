#include "model/repository_versions.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

using Positions = std::vector<std::size_t>;

/// Versions of one name in order of time, and what messages need.
struct Candidates {
  const RepositoryIndex& index;
  std::string_view name;
  Positions positions;

  const ValueVersion& at(std::size_t i) const { return index.versions()[positions[i]]; }
};

std::optional<std::int64_t> find_number(std::string_view text) {
  if (text.starts_with('v')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string shown(const ValueVersion& version) {
  return fmt::format("version {} of {}", version.version, quoted_key(version.name));
}

[[noreturn]] void throw_no_name(const RepositoryIndex& index, std::string_view name) {
  const auto near = nearest(name, index.names());
  throw Error(ErrorCode::not_found, fmt::format("no value {}", quoted_key(name)),
              near ? fmt::format("did you mean {}?", quoted_key(*near)) : "unio repo ls lists them");
}

[[noreturn]] void throw_no_version(const Candidates& of, std::string_view which) {
  throw Error(ErrorCode::not_found, fmt::format("{} has no version {}", quoted_key(of.name), which),
              fmt::format("it has {}, from {} ({}) to {} ({})", of.positions.size(), of.at(0).version,
                          format_time(of.at(0).created), of.at(of.positions.size() - 1).version,
                          format_time(of.at(of.positions.size() - 1).created)));
}

std::size_t newest(const Candidates& of, Time now, Expired expired) {
  for (std::size_t i = of.positions.size(); i-- > 0;) {
    if (expired == Expired::allow || !of.at(i).is_expired(now)) return of.positions[i];
  }
  const ValueVersion& last = of.at(of.positions.size() - 1);
  throw Error(ErrorCode::failed_precondition,
              fmt::format("all versions of {} are expired: version {} since {}", quoted_key(of.name),
                          last.version, format_time(*last.expiry)),
              "name the version, with --force, to use it all the same");
}

std::size_t by_number(const Candidates& of, std::int64_t number) {
  if (number < 0) {
    const auto count = static_cast<std::int64_t>(of.positions.size());
    if (number < -count) throw_no_version(of, std::to_string(number));
    return of.positions[static_cast<std::size_t>(count + number)];
  }
  const auto found = of.index.find(of.name, number);
  if (!found) throw_no_version(of, std::to_string(number));
  return *found;
}

std::string shown(const TimeSpan& span) {
  return span.first == span.last ? format_time(span.first)
                                 : fmt::format("of {}", format_naive_time(span.first));
}

std::size_t at_time(const Candidates& of, const TimeSpan& span) {
  std::vector<std::int64_t> fitting;
  std::size_t found = 0;
  for (std::size_t i = 0; i < of.positions.size(); ++i) {
    if (!span.contains(of.at(i).created)) continue;
    fitting.push_back(of.at(i).version);
    found = of.positions[i];
  }
  if (fitting.empty()) throw_no_version(of, shown(span));
  if (fitting.size() == 1) return found;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} has {} versions {}: {}", quoted_key(of.name), fitting.size(), shown(span),
                          fmt::join(fitting, ", ")),
              "name one by its number, or give the time with six digits of a second");
}

std::size_t as_of(const Candidates& of, const TimeSpan& span) {
  std::optional<std::size_t> expired;
  for (std::size_t i = of.positions.size(); i-- > 0;) {
    if (of.at(i).created > span.last) continue;
    if (!of.at(i).is_expired(span.last)) return of.positions[i];
    if (!expired) expired = i;
  }
  if (!expired) {
    throw Error(ErrorCode::not_found,
                fmt::format("{} predates the earliest version of {}, which is of {}", format_time(span.first),
                            quoted_key(of.name), format_time(of.at(0).created)));
  }
  throw Error(
      ErrorCode::failed_precondition,
      fmt::format("all versions of {} as of {} were expired then: version {} since {}", quoted_key(of.name),
                  format_time(span.first), of.at(*expired).version, format_time(*of.at(*expired).expiry)),
      "name the version, with --force, to use it all the same");
}

}  // namespace

VersionWanted VersionWanted::parse(std::string_view text, Match match) {
  if (const auto number = find_number(text)) return {*number, match};
  try {
    return {parse_time_span(text), match};
  } catch (const Error&) {
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is no version", quoted_key(text)),
                "a version is 3, v3, -1 for the newest, or a time as 2026-03-01T10:00:00");
  }
}

std::size_t resolve_version(const RepositoryIndex& index, std::string_view name, const VersionWanted& wanted,
                            Time now, Expired expired) {
  const Candidates candidates{index, name, index.versions_of(name)};
  if (candidates.positions.empty()) throw_no_name(index, name);
  if (std::holds_alternative<VersionWanted::Newest>(wanted.which)) return newest(candidates, now, expired);
  if (const auto* span = std::get_if<TimeSpan>(&wanted.which))
    return wanted.match == Match::as_of ? as_of(candidates, *span) : at_time(candidates, *span);
  if (wanted.match == Match::as_of)
    throw Error(ErrorCode::invalid_argument, "a version as of a number makes no sense: give a time");
  return by_number(candidates, std::get<std::int64_t>(wanted.which));
}

void check_not_expired(const ValueVersion& version, Time now) {
  if (!version.is_expired(now)) return;
  throw Error(ErrorCode::failed_precondition,
              fmt::format("{} is expired since {}", shown(version), format_time(*version.expiry)),
              "use it all the same with --force");
}

}  // namespace unio
