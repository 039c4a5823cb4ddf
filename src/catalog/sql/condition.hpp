#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "catalog/sql/connection.hpp"
#include "catalog/sql/lookup.hpp"

namespace unio::sql {

// What SQL can say of a part of a query, and where the documents are that it is true for.

/// Microseconds since 1970, both ends included.
struct TimeRange {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
};

/// Counting beyond this is not worth its time.
inline constexpr std::int64_t most_counted = 10'001;

/// A list of documents, from an index, with all that match some condition.
struct Source {
  /// A query for the columns `document`, each once, and `time`. It may tell documents beyond the range.
  std::function<SqlQuery(TimeRange)> rows;
  /// How many it tells, up to most_counted; most_counted where that is not worth knowing.
  std::int64_t size = 0;
  /// Whether it is sure that there are as many.
  bool counted = true;
  /// Whether it is a list that the database reads newest first.
  bool ordered = false;
  /// How many of a list were counted, and between which times they lie.
  std::int64_t seen = 0;
  TimeRange times = {};
  /// Whether what it tells matches, so that nothing need be looked at again.
  bool tight = false;
};

/// How many documents a list tells down to a time, if it goes on as it begins.
double goes_on_for(const Source& list, std::int64_t from);

/// What SQL can say of a query. Conditions are on a row `d` of documents.
struct Condition {
  /// True for every document that matches, and perhaps for others.
  SqlQuery upper;
  /// True only for documents that match; absent where that is the same.
  std::optional<SqlQuery> lower = {};
  std::optional<Source> source = {};

  bool is_exact() const { return !lower; }
};

/// Conditions that every document meets, and that none does.
extern const SqlQuery everything;
extern const SqlQuery nothing;

/// What the condition says is all.
Condition exactly(SqlQuery condition);
/// What is known is only that nothing else can match.
Condition at_most(SqlQuery condition, std::optional<Source> source = std::nullopt);
Condition never();

/// `none` where there are no parts.
SqlQuery joined(std::span<const SqlQuery> parts, std::string_view by, const SqlQuery& none);
/// That the documents of a shape have one of these under a path (`holds`).
SqlQuery shape_has(std::int64_t path, std::int64_t bits);
SqlQuery in_range(std::string_view column, TimeRange times);
/// Whether the condition looks at more than the number and the time of a document.
bool needs_row(const SqlQuery& condition);

}  // namespace unio::sql
