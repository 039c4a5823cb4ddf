#include "catalog/sql/condition.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace unio::sql {

const SqlQuery everything{"TRUE", {}};
const SqlQuery nothing{"FALSE", {}};

double goes_on_for(const Source& list, std::int64_t from) {
  const auto length = [&](std::int64_t begin) {
    return static_cast<double>(list.times.to) - static_cast<double>(begin);
  };
  return static_cast<double>(list.seen) * length(from) / std::max(length(list.times.from), 1.0);
}

Condition exactly(SqlQuery condition) {
  return {std::move(condition)};
}

Condition never() {
  return {nothing, std::nullopt,
          Source{.rows =
                     [](TimeRange) {
                       return SqlQuery{"SELECT n AS document, time FROM documents WHERE FALSE", {}};
                     },
                 .tight = true}};
}

Condition at_most(SqlQuery condition, std::optional<Source> source) {
  if (source) source->tight = false;
  return {std::move(condition), nothing, std::move(source)};
}

SqlQuery joined(std::span<const SqlQuery> parts, std::string_view by, const SqlQuery& none) {
  if (parts.empty()) return none;
  SqlQuery all{"(", {}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) all.text += by;
    all += parts[i];
  }
  return all + ")";
}

SqlQuery shape_has(std::int64_t path, std::int64_t bits) {
  return {"EXISTS (SELECT 1 FROM shape_paths p WHERE p.path = ? AND p.shape = d.shape AND p.holds & ? <> 0)",
          {path, bits}};
}

SqlQuery in_range(std::string_view column, TimeRange times) {
  return {fmt::format("{0} >= ? AND {0} <= ?", column), {times.from, times.to}};
}

bool needs_row(const SqlQuery& condition) {
  for (const std::string_view column : {"d.shape", "d.environment"}) {
    if (condition.text.find(column) != std::string::npos) return true;
  }
  return false;
}

}  // namespace unio::sql
