#include "engine/retention_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/error.hpp"

namespace unio {
namespace {

/// A hundred years, which is what services take.
constexpr std::int64_t most_days = 36500;

struct ModeName {
  RetentionPolicy::Mode mode;
  std::string_view name;
};
constexpr std::array mode_names{
    ModeName{RetentionPolicy::Mode::governance, "governance"},
    ModeName{RetentionPolicy::Mode::compliance, "compliance"},
    ModeName{RetentionPolicy::Mode::legal_hold, "legal-hold"},
    ModeName{RetentionPolicy::Mode::none, "none"},
};

/// So that what is published together ends together, and what many share is made longer once an hour at most.
Time whole_hours(Time time) {
  return std::chrono::ceil<std::chrono::hours>(time);
}

}  // namespace

RetentionPolicy RetentionPolicy::make(std::string_view mode, std::int64_t days) {
  const auto named = std::find_if(mode_names.begin(), mode_names.end(),
                                  [&](const ModeName& row) { return row.name == mode; });
  if (named == mode_names.end()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no mode of retention", mode),
                "the modes are governance, compliance, legal-hold and none");
  }
  const RetentionPolicy policy{named->mode, days};
  if (policy.has_days() && (days < 1 || days > most_days)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} needs a number of days from 1 to {}", mode, most_days),
                fmt::format("unio retention set {} --days 30", mode));
  }
  if (!policy.has_days() && days != 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} has no days", mode));
  return policy;
}

std::string_view RetentionPolicy::mode_name() const {
  const auto row = std::find_if(mode_names.begin(), mode_names.end(),
                                [&](const ModeName& named) { return named.mode == mode; });
  check(row != mode_names.end(), "a mode of retention without a name");
  return row->name;
}

std::string RetentionPolicy::text() const {
  if (!has_days()) return std::string(mode_name());
  return fmt::format("{} for {} day{}", mode_name(), days, days == 1 ? "" : "s");
}

Retention RetentionPolicy::at(Time now) const {
  switch (mode) {
    case Mode::none:
      return {};
    case Mode::legal_hold:
      return {.mode = Retention::Mode::none, .until = {}, .legal_hold = true};
    case Mode::governance:
    case Mode::compliance:
      break;
  }
  const auto kind = mode == Mode::governance ? Retention::Mode::governance : Retention::Mode::compliance;
  return {.mode = kind, .until = whole_hours(now + std::chrono::days(days)), .legal_hold = false};
}

Json policy_json(const RetentionPolicy& policy) {
  Json json = Json::object({{"mode", policy.mode_name()}});
  if (policy.has_days()) json.set("days", policy.days);
  return json;
}

RetentionPolicy parse_policy(const Json& json) {
  try {
    const Json* days = json.find("days");
    return RetentionPolicy::make(json.get_string("mode"), days == nullptr ? 0 : json.get_integer("days"));
  } catch (const Error& error) {
    throw Error(ErrorCode::unsupported, fmt::format("the policy of retention says: {}", error.message()),
                "install a newer unio, or set it again: unio retention set --help");
  }
}

}  // namespace unio
