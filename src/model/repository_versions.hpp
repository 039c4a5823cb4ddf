#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "model/repository_index.hpp"
#include "model/time_span.hpp"

namespace unio {

/// How a time picks a version: the one that was made then, or the newest that was there then.
enum class Match { exact, as_of };

/// Whether the newest version may be one that is expired, when there is no other.
enum class Expired { refuse, allow };

/// Which version of a value is meant: the newest, a number (from the end when it is negative), or a time.
struct VersionWanted {
  struct Newest {
    bool operator==(const Newest&) const = default;
  };
  std::variant<Newest, std::int64_t, TimeSpan> which;
  Match match = Match::exact;

  /// "3", "-1", "v3" or a time (time_span.hpp). Error invalid_argument that says what is understood.
  static VersionWanted parse(std::string_view text, Match match = Match::exact);
};

/// The position of the version of `name` that is meant, by the table in docs/formats/repository.md; `now` is
/// what expiry is compared with when the newest is asked for.
///
/// Errors: not_found when there is no such name, with a near one, or no such version; failed_precondition
/// when there are only expired ones, with when they expired; invalid_argument for a time that fits several
/// and for a number as of which nothing can be.
std::size_t resolve_version(const RepositoryIndex& index, std::string_view name, const VersionWanted& wanted,
                            Time now, Expired expired = Expired::refuse);

/// Throws failed_precondition when the version is expired, with when.
void check_not_expired(const ValueVersion& version, Time now);

}  // namespace unio
