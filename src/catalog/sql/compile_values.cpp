// Conditions on values that are in an index: what finds the documents that have them, and how many there are.
#include <fmt/format.h>

#include <cmath>

#include "catalog/sql/compiler.hpp"
#include "catalog/sql/document_index.hpp"

namespace unio::sql {
namespace {

/// Fields of fewer different texts than this are searched by looking at each of them.
constexpr std::size_t few = 1000;
/// So much of a list is looked at, at least, to tell how long it may be.
constexpr std::int64_t fewest_seen = 64;

}  // namespace

Condition Compiler::strings_in(const PathRef& at, const std::vector<std::int64_t>& hashes) {
  if (at.path.empty()) return at_most(everything);
  if (!at.n || hashes.empty()) return never();
  SqlQuery which{"path = ? AND value IN (" + placeholders(hashes.size()) + ")", {*at.n}};
  which.values.insert(which.values.end(), hashes.begin(), hashes.end());
  if (hashes.size() == 1) which.text = "path = ? AND value = ?";
  Condition condition = exactly(SqlQuery{"EXISTS (SELECT 1 FROM string_values v WHERE ", {}} + which +
                                " AND v.time = d.time AND v.document = d.n)");
  condition.source = hashes.size() == 1
                         ? list_of(which)
                         : values_source({"string_values", which, repeats_at(at.path), shortest_ + 1});
  return condition;
}

/// The documents with one text: in order, and each once.
Source Compiler::list_of(const SqlQuery& which) {
  const auto rows = [which](TimeRange times) {
    return SqlQuery{"SELECT document, time FROM string_values WHERE ", {}} + which + " AND " +
           in_range("time", times);
  };
  Source list{.rows = rows, .ordered = true, .tight = true};
  if (shortest_from_) {
    // Where it is far longer than the shortest a few tell; if they mislead, the shortest is used all the
    // same.
    count_newest(list, std::min(std::max(fewest_seen, shortest_ / 16), shortest_ + 1));
    const bool is_longer = goes_on_for(list, *shortest_from_) > 2 * static_cast<double>(shortest_);
    if (list.counted || is_longer) return list;
  }
  count_newest(list, shortest_ + 1);
  return list;
}

void Compiler::count_newest(Source& list, std::int64_t most) {
  const SqlQuery newest = list.rows(times_) + " ORDER BY time DESC LIMIT ?";
  const SqlLookup lookups[]{
      {newest + SqlQuery{"", {1}}, [&](const SqlRow& row) { list.times.to = row.integer(1); }},
      {SqlQuery{"SELECT count(*), min(time) FROM (", {}} + newest + ") counted" + SqlQuery{"", {most}},
       [&](const SqlRow& row) {
         list.seen = row.integer(0);
         if (list.seen > 0) list.times.from = row.integer(1);
       }}};
  connection_.run_together(lookups);
  list.counted = list.seen < most || list.seen == most_counted;
  list.size = list.counted ? list.seen : most_counted;
}

void Compiler::has_source(const Source& source) {
  if (source.size >= shortest_) return;
  shortest_ = source.size;
  shortest_from_.reset();
  if (source.ordered && source.seen > 0) shortest_from_ = source.times.from;
}

/// Documents with a number that compares so. There is no way from a document to its numbers: of ranges, those
/// with few documents are made into a set; of others only the source knows all.
Condition Compiler::numbers(const NumbersAt& at, const SqlQuery& comparison) {
  if (!at.path) return never();
  const SqlQuery which = SqlQuery{"path = ? AND ", {*at.path}} + comparison;
  Source source = values_source({"number_values", which, at.repeats});
  if (comparison.text == "value = ?") {
    return {SqlQuery{"EXISTS (SELECT 1 FROM number_values WHERE ", {}} + which +
                " AND time = d.time AND document = d.n)",
            std::nullopt, std::move(source)};
  }
  if (source.size < most_counted) {
    return {SqlQuery{"d.n IN (SELECT document FROM (", {}} + source.rows(times_) + ") among)", std::nullopt,
            std::move(source)};
  }
  return {at.shape ? shape_has(*at.shape, at.bit) : nothing, nothing, std::move(source)};
}

Condition Compiler::number_equals(const NumbersAt& at, double value) {
  Condition condition = numbers(at, {"value = ?", {value}});
  const bool rounded = std::abs(value) >= exact_doubles;
  return rounded ? at_most(std::move(condition.upper), std::move(condition.source)) : condition;
}

Condition Compiler::number_compares(const NumbersAt& at, query::Order order, double value) {
  if (std::abs(value) < exact_doubles)
    return numbers(at, {fmt::format("value {} ?", comparison_of(order)), {value}});
  Condition condition = numbers(at, {is_less(order) ? "value <= ?" : "value >= ?", {value}});
  return at_most(std::move(condition.upper), std::move(condition.source));
}

/// The documents that have a value that meets a condition.
Source Compiler::values_source(const Values& values) {
  const auto rows = [table = values.table, which = values.which](std::string_view select, TimeRange times) {
    return SqlQuery{fmt::format("{} document, time FROM {} WHERE ", select, table), {}} + which + " AND " +
           in_range("time", times);
  };
  const char* select = values.repeats == Repeats::none ? "SELECT" : "SELECT DISTINCT";
  Source source{.rows = [rows, select](TimeRange times) { return rows(select, times); }, .tight = true};
  // Not the different ones among all, which a database might gather first.
  return measured(std::move(source),
                  {.rows = rows("SELECT", times_), .repeats = values.repeats, .most = values.most});
}

/// Where few different texts come into question, each is looked at. `among` tells the hashes of all that do.
Condition Compiler::strings_that(const PathRef& at, const std::function<bool(std::string_view)>& wanted,
                                 const std::optional<SqlQuery>& among) {
  if (at.path.empty()) return at_most(everything);
  if (!at.n) return never();
  auto strings = among ? few_strings(*at.n, *among) : few_strings(*at.n);
  if (!strings) {
    std::optional<Source> source;
    if (among)
      source = values_source({"string_values", SqlQuery{"path = ? AND value IN (", {*at.n}} + *among + ")",
                              repeats_at(at.path), shortest_ + 1});
    return at_most(shape_has(*at.n, holds::text), std::move(source));
  }
  std::vector<std::int64_t> sure, possible;
  for (const auto& [hash, text] : *strings) {
    if (!text || wanted(*text)) possible.push_back(hash);
    if (text && wanted(*text)) sure.push_back(hash);
  }
  Condition condition = strings_in(at, possible);
  if (possible.size() == sure.size()) return condition;
  condition.source->tight = false;
  condition.lower = strings_in(at, sure).upper;
  return condition;
}

/// The different texts under a path, without those that are too long to be kept; absent when there are many.
std::optional<Compiler::Strings> Compiler::few_strings(std::int64_t path) {
  return few_strings(
      {"WITH RECURSIVE found(value) AS (SELECT min(value) FROM string_values WHERE path = ? UNION ALL "
       "SELECT (SELECT min(v.value) FROM string_values v WHERE v.path = ? AND v.value > found.value) FROM "
       "found "
       "WHERE found.value IS NOT NULL) "
       "SELECT found.value, s.text FROM found LEFT JOIN strings s ON s.hash = found.value "
       "WHERE found.value IS NOT NULL LIMIT ?",
       {path, path, static_cast<std::int64_t>(few) + 1}});
}

/// The same among those with certain hashes, of which not all need be under the path.
std::optional<Compiler::Strings> Compiler::few_strings(std::int64_t path, const SqlQuery& among) {
  // Without joins, planning it takes PostgreSQL much less time.
  return few_strings(
      SqlQuery{"SELECT a.hash, (SELECT s.text FROM strings s WHERE s.hash = a.hash) FROM (", {}} + among +
      ") a WHERE CASE WHEN EXISTS (SELECT 1 FROM string_values v "
      "WHERE v.path = ? AND v.value = a.hash) THEN TRUE ELSE FALSE END LIMIT ?" +
      SqlQuery{"", {path, static_cast<std::int64_t>(few) + 1}});
}

std::optional<Compiler::Strings> Compiler::few_strings(const SqlQuery& query) {
  Strings strings;
  connection_.query(query, [&](const SqlRow& row) {
    auto text = row.is_null(1) ? std::nullopt : std::optional<std::string>(row.bytes(1));
    strings.emplace_back(row.integer(0), std::move(text));
    return More::yes;
  });
  if (strings.size() > few) return std::nullopt;
  return strings;
}

/// The hashes of all searched texts that may match; absent where the pattern does not say what to look for.
std::optional<SqlQuery> Compiler::texts_with(const QueryPattern& pattern) {
  std::vector<std::string> pieces;
  for (const std::string& text : pattern.required_texts()) {
    for (std::string& piece : folded_pieces(text)) pieces.push_back(std::move(piece));
  }
  if (pieces.empty()) return std::nullopt;
  return connection_.dialect().texts_with(pieces);
}

Source Compiler::measured(Source source) {
  SqlQuery rows = source.rows(times_);
  return measured(std::move(source), {.rows = std::move(rows)});
}

Source Compiler::measured(Source source, const Measure& by) {
  const char* different = by.repeats == Repeats::none ? "0" : "count(DISTINCT document)";
  const SqlQuery count =
      SqlQuery{fmt::format("SELECT count(*), {} FROM (SELECT document FROM (", different), {}} + by.rows +
      ") found LIMIT ?) counted" + SqlQuery{"", {by.most}};
  connection_.query(count, [&](const SqlRow& row) {
    const std::int64_t told = row.integer(by.repeats == Repeats::none ? 0 : 1);
    const bool all = row.integer(0) < by.most;
    source.size = all ? told : most_counted;
    source.counted = all || told == most_counted;
    return More::no;
  });
  return source;
}

Compiler::NumbersAt Compiler::numbers_at(const PathRef& at) {
  return {at.n, at.n, holds::number, repeats_at(at.path)};
}

Compiler::NumbersAt Compiler::times_at(const PathRef& at) {
  return {find_path(times_path(at.path)), at.n, holds::time, repeats_at(at.path)};
}

}  // namespace unio::sql
