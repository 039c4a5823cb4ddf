#include "catalog/sql/compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/sql/document_index.hpp"
#include "model/query_match.hpp"

namespace unio::sql {
namespace {

/// Fields of fewer different texts than this are searched by looking at each of them.
constexpr std::size_t few = 1000;
/// Integers up to here are doubles exactly.
constexpr double exact_doubles = 9'007'199'254'740'992.0;

const SqlQuery everything{"TRUE", {}};
const SqlQuery nothing{"FALSE", {}};

Condition exactly(SqlQuery condition) {
  return {std::move(condition)};
}

Condition never() {
  return {nothing, std::nullopt,
          Source{.rows =
                     [](TimeRange) {
                       return SqlQuery{"SELECT n AS document FROM documents WHERE FALSE", {}};
                     },
                 .tight = true}};
}

/// What is known is only that nothing else can match.
Condition at_most(SqlQuery condition, std::optional<Source> source = std::nullopt) {
  if (source) source->tight = false;
  return {std::move(condition), nothing, std::move(source)};
}

const SqlQuery& lower_of(const Condition& condition) {
  return condition.lower ? *condition.lower : condition.upper;
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

SqlQuery negated(const SqlQuery& condition) {
  return SqlQuery{"NOT (", {}} + condition + ")";
}

Condition combined(std::span<const Condition> parts, std::string_view by, const SqlQuery& none) {
  std::vector<SqlQuery> uppers, lowers;
  bool exact = true;
  for (const Condition& part : parts) {
    uppers.push_back(part.upper);
    lowers.push_back(lower_of(part));
    exact = exact && part.is_exact();
  }
  Condition all = exactly(joined(uppers, by, none));
  if (!exact) all.lower = joined(lowers, by, none);
  return all;
}

/// A number of a query as a double; those from exact_doubles on say less.
std::optional<double> number_of(const QueryValue& value) {
  if (const auto* integer = value.if_type<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* real = value.if_type<double>()) return *real + 0.0;
  return std::nullopt;
}

double number_of(Time time) {
  return static_cast<double>(time.time_since_epoch().count());
}

bool accepts_equal(query::Order order) {
  return order == query::Order::less_or_equal || order == query::Order::greater_or_equal;
}

bool is_less(query::Order order) {
  return order == query::Order::less || order == query::Order::less_or_equal;
}

std::string_view comparison_of(query::Order order) {
  constexpr std::string_view signs[] = {"<", "<=", ">", ">="};
  return signs[static_cast<std::size_t>(order)];
}

/// Whether the test holds for a field that is missing.
struct AcceptsMissing {
  bool operator()(const query::Equals& test) const { return is_null(test.value); }
  bool operator()(const query::Compares& test) const {
    return is_null(test.value) && accepts_equal(test.order);
  }
  bool operator()(const query::In& test) const { return std::ranges::any_of(test.values, is_null); }
  bool operator()(const auto&) const { return false; }

  static bool is_null(const QueryValue& value) { return value.if_type<std::nullptr_t>() != nullptr; }
};

const query::Compares* comparison_of_times(const query::Field& field) {
  if (field.path.names() != std::vector<std::string>{std::string(time_field)}) return nullptr;
  const auto* compares = std::get_if<query::Compares>(&field.test);
  return compares != nullptr && compares->value.if_type<Time>() != nullptr ? compares : nullptr;
}

/// A number or datetime as the index has it; absent for one that is rounded there, and for other values.
std::optional<double> end_of_range(const QueryValue& value) {
  const auto* time = value.if_type<Time>();
  const std::optional<double> number = time != nullptr ? number_of(*time) : number_of(value);
  // Not for NaN either.
  return number && std::abs(*number) < exact_doubles ? number : std::nullopt;
}

SqlQuery shape_has(std::int64_t path, std::int64_t bits) {
  return {"EXISTS (SELECT 1 FROM shape_paths p WHERE p.path = ? AND p.shape = d.shape AND p.holds & ? <> 0)",
          {path, bits}};
}

SqlQuery in_range(std::string_view column, TimeRange times) {
  return {fmt::format("{0} >= ? AND {0} <= ?", column), {times.from, times.to}};
}

}  // namespace

bool are_both_ends(const Query& left, const Query& right) {
  const auto* first = std::get_if<query::Field>(&left.node);
  const auto* second = std::get_if<query::Field>(&right.node);
  if (first == nullptr || second == nullptr || first->path != second->path) return false;
  const auto* lower = std::get_if<query::Compares>(&first->test);
  const auto* upper = std::get_if<query::Compares>(&second->test);
  if (lower == nullptr || upper == nullptr || is_less(lower->order) == is_less(upper->order)) return false;
  if (!end_of_range(lower->value) || !end_of_range(upper->value)) return false;
  return (lower->value.if_type<Time>() == nullptr) == (upper->value.if_type<Time>() == nullptr);
}

TimeRange times_of(const Query& query) {
  TimeRange times;
  if (const auto* all = std::get_if<query::All>(&query.node)) {
    for (const Query& part : all->queries) {
      const TimeRange inner = times_of(part);
      times.from = std::max(times.from, inner.from);
      times.to = std::min(times.to, inner.to);
    }
  }
  const auto* field = std::get_if<query::Field>(&query.node);
  const query::Compares* compares = field == nullptr ? nullptr : comparison_of_times(*field);
  if (compares == nullptr) return times;
  (is_less(compares->order) ? times.to : times.from) =
      compares->value.if_type<Time>()->time_since_epoch().count();
  return times;
}

Condition Compiler::compile(const Query& query) {
  return compile(query, Place{});
}

Condition Compiler::compile(const Query& query, const Place& place) {
  if (const auto* all = std::get_if<query::All>(&query.node)) return compile_all(all->queries, place);
  if (const auto* any = std::get_if<query::Any>(&query.node)) return compile_any(any->queries, place);
  if (const auto* none = std::get_if<query::None>(&query.node)) return compile_none(none->queries, place);
  if (const auto* text = std::get_if<query::Text>(&query.node)) return compile_text(*text);
  return compile_field(std::get<query::Field>(query.node), place);
}

Condition Compiler::compile_all(const std::vector<Query>& queries, const Place& place) {
  if (auto between = compile_between(queries, place)) return *std::move(between);
  std::vector<Condition> parts;
  for (const Query& query : queries) parts.push_back(compile(query, place));
  Condition all = combined(parts, " AND ", everything);
  for (Condition& part : parts) {
    if (part.source && (!all.source || part.source->size < all.source->size)) all.source = part.source;
  }
  if (all.source && parts.size() > 1) all.source->tight = false;
  return all;
}

/// Both ends of a range at once, if no document has several values there, each of which might be at one end.
std::optional<Condition> Compiler::compile_between(const std::vector<Query>& queries, const Place& place) {
  if (place.in_element || queries.size() != 2 || !are_both_ends(queries[0], queries[1])) return std::nullopt;
  const auto& first = std::get<query::Field>(queries[0].node);
  const auto& lower = std::get<query::Compares>(first.test);
  const auto& upper = std::get<query::Compares>(std::get<query::Field>(queries[1].node).test);
  const std::vector<std::string>& names = first.path.names();
  if (names.empty() || names.front() == environment_field || comparison_of_times(first) != nullptr)
    return std::nullopt;
  if (std::ranges::any_of(names, is_position)) return std::nullopt;
  const PathRef at{.path = index_path(names), .n = find_path(index_path(names))};
  if (!at.n || has_arrays(at.path)) return std::nullopt;
  const bool are_times = lower.value.if_type<Time>() != nullptr;
  return numbers(
      are_times ? times_at(at) : NumbersAt{at.n, at.n, holds::number},
      {fmt::format("value {} ? AND value {} ?", comparison_of(lower.order), comparison_of(upper.order)),
       {*end_of_range(lower.value), *end_of_range(upper.value)}});
}

/// Whether any document has an array at the path or on the way to it.
bool Compiler::has_arrays(const std::string& path) {
  for (std::size_t end = path.find('\0');; end = path.find('\0', end + 1)) {
    const auto n = find_path(path.substr(0, end));
    const SqlQuery arrays{"SELECT 1 FROM shape_paths WHERE path = ? AND holds & ? <> 0 LIMIT 1",
                          {n.value_or(0), holds::array}};
    if (connection_.find_integer(arrays)) return true;
    if (end == std::string::npos) return false;
  }
}

Condition Compiler::compile_any(const std::vector<Query>& queries, const Place& place) {
  std::vector<Condition> parts;
  for (const Query& query : queries) parts.push_back(compile(query, place));
  return any_of(parts);
}

Condition Compiler::any_of(std::span<const Condition> parts) {
  Condition any = combined(parts, " OR ", nothing);
  if (!std::ranges::all_of(parts, [](const Condition& part) { return part.source.has_value(); })) return any;
  std::vector<std::function<SqlQuery(TimeRange)>> rows;
  Source united{.tight = true};
  for (const Condition& part : parts) {
    rows.push_back(part.source->rows);
    united.tight = united.tight && part.source->tight;
  }
  if (parts.size() == 1) {
    any.source = parts.front().source;
    return any;
  }
  united.rows = [rows](TimeRange times) {
    SqlQuery all;
    for (const auto& part : rows) {
      if (!all.text.empty()) all.text += " UNION ";
      all += SqlQuery{"SELECT document FROM (", {}} + part(times) + ") part";
    }
    return all;
  };
  if (!rows.empty()) any.source = measured(std::move(united));
  return any;
}

Condition Compiler::compile_none(const std::vector<Query>& queries, const Place& place) {
  // One element that does not match says nothing of the others.
  if (place.in_element) return at_most(everything);
  const Condition any = compile_any(queries, place);
  Condition none = exactly(negated(lower_of(any)));
  if (!any.is_exact()) none.lower = negated(any.upper);
  return none;
}

Condition Compiler::compile_field(const query::Field& field, const Place& place) {
  const std::vector<std::string>& names = field.path.names();
  if (!place.in_element) {
    if (!names.empty() && names.front() == environment_field) return compile_environment(field);
    if (auto condition = compile_creation_time(field)) return *std::move(condition);
  }
  const auto position = std::ranges::find_if(names, is_position);
  PathRef at{.below_position = position != names.end(), .in_element = place.in_element};
  at.path = index_path({names.begin(), position});
  if (!place.prefix.empty()) at.path = at.path.empty() ? place.prefix : place.prefix + '\0' + at.path;
  if (!at.path.empty()) at.n = find_path(at.path);
  if (at.below_position || place.in_element) {
    if (std::visit(AcceptsMissing{}, field.test)) return at_most(everything);
  }
  if (at.below_position) return at_most(at.path.empty() ? everything : has(at, holds::anything).upper);
  Condition condition = std::visit([&](const auto& test) { return this->test(at, test); }, field.test);
  if (!place.in_element) return condition;
  // What arrays in arrays hold is not indexed.
  const std::vector<Condition> either{std::move(condition), has(at, holds::nested)};
  Condition any = any_of(either);
  return at_most(std::move(any.upper), std::move(any.source));
}

std::optional<Condition> Compiler::compile_creation_time(const query::Field& field) {
  const query::Compares* compares = comparison_of_times(field);
  if (compares == nullptr) return std::nullopt;
  const std::int64_t time = compares->value.if_type<Time>()->time_since_epoch().count();
  return exactly({fmt::format("d.time {} ?", comparison_of(compares->order)), {time}});
}

Condition Compiler::compile_text(const query::Text& text) {
  const auto texts = texts_with(text.pattern);
  if (!texts) return at_most(everything);
  std::vector<std::int64_t> paths;
  connection_.query({"SELECT n, path FROM paths", {}}, [&](const SqlRow& row) {
    if (is_searched(row.bytes(1))) paths.push_back(row.integer(0));
    return More::yes;
  });
  if (paths.empty()) return never();
  SqlQuery where{"path IN (" + placeholders(paths.size()) + ") AND value IN (", {}};
  where.values.assign(paths.begin(), paths.end());
  return at_most(everything, values_source(where + *texts + ")", Repeats::some));
}

Condition Compiler::test(const PathRef& at, const query::Equals& test) {
  const QueryValue& value = test.value;
  if (value.if_type<std::nullptr_t>() != nullptr) return is_null(at);
  if (const auto* truth = value.if_type<bool>()) return has(at, *truth ? holds::yes : holds::no);
  if (const auto* text = value.if_type<std::string>()) return strings_in(at, {hash_(*text)});
  if (const auto* time = value.if_type<Time>()) {
    if (at.path == time_field) return exactly({"d.time = ?", {time->time_since_epoch().count()}});
    return number_equals(times_at(at), number_of(*time));
  }
  if (const auto number = number_of(value)) {
    if (std::isnan(*number)) return has(at, holds::nan);
    return number_equals({at.n, at.n, holds::number}, *number);
  }
  const bool is_array = value.if_type<QueryValue::Array>() != nullptr;
  Condition condition = has(at, is_array ? holds::array : holds::object);
  return at_most(std::move(condition.upper), std::move(condition.source));
}

Condition Compiler::test(const PathRef& at, const query::Compares& test) {
  const QueryValue& value = test.value;
  if (value.if_type<std::nullptr_t>() != nullptr) {
    return accepts_equal(test.order) ? is_null(at) : never();
  }
  if (const auto* truth = value.if_type<bool>()) {
    std::int64_t bits = accepts_equal(test.order) ? (*truth ? holds::yes : holds::no) : 0;
    if (is_less(test.order) == *truth) bits |= *truth ? holds::no : holds::yes;
    return bits == 0 ? never() : has(at, bits);
  }
  if (value.if_type<std::string>() != nullptr) {
    return strings_that(
        at,
        [&](std::string_view text) {
          return matches(Query{query::Field{{}, test}}, QueryValue{std::string(text)});
        },
        std::nullopt);
  }
  if (const auto* time = value.if_type<Time>()) {
    if (at.path == time_field) return at_most(everything);
    return number_compares(times_at(at), test.order, number_of(*time));
  }
  const auto number = number_of(value);
  if (!number) return at_most(everything);
  if (std::isnan(*number)) {
    Condition condition = has(at, holds::nan);
    return at_most(std::move(condition.upper), std::move(condition.source));
  }
  return number_compares({at.n, at.n, holds::number}, test.order, *number);
}

Condition Compiler::test(const PathRef& at, const query::In& test) {
  std::vector<Condition> parts;
  std::vector<std::int64_t> hashes;
  for (const QueryValue& value : test.values) {
    if (const auto* text = value.if_type<std::string>()) {
      hashes.push_back(hash_(*text));
    } else if (parts.size() < few / 10) {
      parts.push_back(this->test(at, query::Equals{value}));
    } else {
      return at_most(everything);
    }
  }
  if (!hashes.empty()) parts.push_back(strings_in(at, hashes));
  return any_of(parts);
}

Condition Compiler::test(const PathRef& at, const query::Exists&) {
  return has(at, holds::anything);
}

Condition Compiler::test(const PathRef& at, const query::Size&) {
  Condition condition = has(at, holds::array);
  return at_most(std::move(condition.upper), std::move(condition.source));
}

Condition Compiler::test(const PathRef& at, const query::Matches& test) {
  return strings_that(
      at, [&](std::string_view text) { return test.pattern.matches(text); },
      is_searched(at.path) ? texts_with(test.pattern) : std::nullopt);
}

Condition Compiler::test(const PathRef& at, const query::Element& test) {
  Condition elements = has(at, holds::array);
  if (at.path.empty()) return at_most(everything);
  const Condition inner = compile(test.query.front(), Place{.prefix = at.path, .in_element = true});
  const std::vector<SqlQuery> both{elements.upper, inner.upper};
  return at_most(joined(both, " AND ", everything), inner.source ? inner.source : elements.source);
}

Condition Compiler::has(const PathRef& at, std::int64_t bits) {
  if (at.path.empty()) return at_most(everything);
  if (!at.n) return never();
  Condition condition = exactly(shape_has(*at.n, bits));
  const SqlQuery shapes{"SELECT shape FROM shape_paths WHERE path = ? AND holds & ? <> 0", {*at.n, bits}};
  condition.source =
      measured({.rows =
                    [shapes](TimeRange times) {
                      return SqlQuery{"SELECT n AS document FROM documents WHERE shape IN (", {}} + shapes +
                             ") AND " + in_range("time", times);
                    },
                .tight = true});
  return condition;
}

/// Missing, or null; and where an array is on the way, only what the document says can tell.
Condition Compiler::is_null(const PathRef& at) {
  if (at.path.empty()) return at_most(everything);
  std::vector<SqlQuery> arrays;
  for (std::size_t end = at.path.find('\0'); end != std::string::npos; end = at.path.find('\0', end + 1)) {
    const auto above = find_path(at.path.substr(0, end));
    if (above) arrays.push_back(shape_has(*above, holds::array));
  }
  SqlQuery upper = everything;
  if (at.n) {
    const std::vector<SqlQuery> null_or_missing{shape_has(*at.n, holds::null),
                                                negated(shape_has(*at.n, holds::anything))};
    upper = joined(null_or_missing, " OR ", everything);
  }
  if (arrays.empty()) return exactly(std::move(upper));
  const SqlQuery any_array = joined(arrays, " OR ", nothing);
  const std::vector<SqlQuery> uppers{upper, any_array};
  const std::vector<SqlQuery> lowers{upper, negated(any_array)};
  return {joined(uppers, " OR ", everything), joined(lowers, " AND ", nothing)};
}

Condition Compiler::strings_in(const PathRef& at, const std::vector<std::int64_t>& hashes) {
  if (at.path.empty()) return at_most(everything);
  if (!at.n || hashes.empty()) return never();
  SqlQuery which{"path = ? AND value IN (" + placeholders(hashes.size()) + ")", {*at.n}};
  which.values.insert(which.values.end(), hashes.begin(), hashes.end());
  if (hashes.size() == 1) which.text = "path = ? AND value = ?";
  Condition condition = exactly(SqlQuery{"EXISTS (SELECT 1 FROM string_values v WHERE ", {}} + which +
                                " AND v.time = d.time AND v.document = d.n)");
  // The list of one value is in order, and tells each document once.
  condition.source = values_source(std::move(which), hashes.size() == 1 ? Repeats::none : Repeats::some);
  condition.source->ordered = hashes.size() == 1;
  return condition;
}

/// Documents with a number that compares so. There is no way from a document to its numbers: of ranges, those
/// with few documents are made into a set; of others only the source knows all.
Condition Compiler::numbers(const NumbersAt& at, const SqlQuery& comparison) {
  if (!at.path) return never();
  const SqlQuery which = SqlQuery{"path = ? AND ", {*at.path}} + comparison;
  Source source = measured({.rows =
                                [which](TimeRange times) {
                                  return SqlQuery{"SELECT DISTINCT document FROM number_values WHERE ", {}} +
                                         which + " AND " + in_range("time", times);
                                },
                            .tight = true});
  if (comparison.text == "value = ?") {
    return {SqlQuery{"EXISTS (SELECT 1 FROM number_values WHERE ", {}} + which +
                " AND time = d.time AND document = d.n)",
            std::nullopt, std::move(source)};
  }
  if (source.size < most_counted / 2) {
    return {SqlQuery{"d.n IN (", {}} + source.rows(times_) + ")", std::nullopt, std::move(source)};
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

/// The documents that have a value of text that meets a condition. Such a list need not be told apart from a
/// longer one when it is no shorter than what is known already.
Source Compiler::values_source(SqlQuery which, Repeats repeats) {
  const std::string select = repeats == Repeats::none ? "SELECT " : "SELECT DISTINCT ";
  return measured({.rows =
                       [which = std::move(which), select](TimeRange times) {
                         return SqlQuery{select + "document, time FROM string_values WHERE ", {}} + which +
                                " AND " + in_range("time", times);
                       },
                   .tight = true},
                  shortest_ + 1);
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
      source = values_source(SqlQuery{"path = ? AND value IN (", {*at.n}} + *among + ")", Repeats::some);
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
  return few_strings(SqlQuery{"SELECT a.hash, s.text FROM (", {}} + among +
                     ") a LEFT JOIN strings s ON s.hash = a.hash WHERE EXISTS (SELECT 1 FROM string_values v "
                     "WHERE v.path = ? AND v.value = a.hash) LIMIT ?" +
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

Source Compiler::measured(Source source, std::int64_t most) {
  const SqlQuery rows = source.rows(times_);
  source.size = connection_
                    .find_integer(SqlQuery{"SELECT count(*) FROM (SELECT document FROM (", {}} + rows +
                                  ") found LIMIT ?) counted" + SqlQuery{"", {most}})
                    .value_or(0);
  if (source.size == most) source.size = most_counted;
  return source;
}

Compiler::NumbersAt Compiler::times_at(const PathRef& at) {
  return {find_path(times_path(at.path)), at.n, holds::time};
}

std::optional<std::int64_t> Compiler::find_path(const std::string& path) {
  return connection_.find_integer({"SELECT n FROM paths WHERE path = ?", {bytes(path)}});
}

}  // namespace unio::sql
