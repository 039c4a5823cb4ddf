#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "storage/retention.hpp"

namespace unio {

/// How a registry wants what is published in it protected by its service: the member `retention` of
/// `.unio/format.json` (docs/formats/registry.md).
struct RetentionPolicy {
  enum class Mode { none, governance, compliance, legal_hold };
  Mode mode = Mode::none;
  std::int64_t days = 0;  ///< from the upload on; 0 for modes without an end

  bool operator==(const RetentionPolicy&) const = default;
  bool protects() const { return mode != Mode::none; }
  bool has_days() const { return mode == Mode::governance || mode == Mode::compliance; }

  /// Error invalid_argument for a mode that is none, days that do not go with it, and too many.
  static RetentionPolicy make(std::string_view mode, std::int64_t days);
  std::string_view mode_name() const;  ///< "governance", as records and the command have it
  std::string text() const;            ///< "governance for 30 days"

  /// Of an object that is uploaded at `now`: until a full hour.
  Retention at(Time now) const;
};

/// As members of a JSON object, and back. Error unsupported for what this version does not understand: an
/// object must not be left unprotected for that.
Json policy_json(const RetentionPolicy& policy);
RetentionPolicy parse_policy(const Json& json);

}  // namespace unio
