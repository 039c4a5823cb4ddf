#include "catalog/sql/compiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/sql/document_index.hpp"
#include "model/query_match.hpp"

namespace unio::sql {
namespace {

/// Values other than text in a list are each a condition of their own.
constexpr std::size_t most_alternatives = 100;

const SqlQuery& lower_of(const Condition& condition) {
  return condition.lower ? *condition.lower : condition.upper;
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
  if (!at.n || repeats_at(at.path) == Repeats::some) return std::nullopt;
  const bool are_times = lower.value.if_type<Time>() != nullptr;
  return numbers(
      are_times ? times_at(at) : numbers_at(at),
      {fmt::format("value {} ? AND value {} ?", comparison_of(lower.order), comparison_of(upper.order)),
       {*end_of_range(lower.value), *end_of_range(upper.value)}});
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
      all += SqlQuery{"SELECT document, time FROM (", {}} + part(times) + ") part";
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
  return at_most(everything,
                 values_source({"string_values", where + *texts + ")", Repeats::some, shortest_ + 1}));
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
    return number_equals(numbers_at(at), *number);
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
  return number_compares(numbers_at(at), test.order, *number);
}

Condition Compiler::test(const PathRef& at, const query::In& test) {
  std::vector<Condition> parts;
  std::vector<std::int64_t> hashes;
  for (const QueryValue& value : test.values) {
    if (const auto* text = value.if_type<std::string>()) {
      hashes.push_back(hash_(*text));
    } else if (parts.size() < most_alternatives) {
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
                      return SqlQuery{"SELECT n AS document, time FROM documents WHERE shape IN (", {}} +
                             shapes + ") AND " + in_range("time", times);
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

}  // namespace unio::sql
