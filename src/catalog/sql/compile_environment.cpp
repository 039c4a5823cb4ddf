// Conditions on what is kept apart from documents: each environment is looked at once, not each document.
#include <algorithm>

#include "catalog/sql/compiler.hpp"
#include "catalog/sql/document_index.hpp"
#include "model/query_match.hpp"

namespace unio::sql {
namespace {

/// So many environments are looked at for one condition.
constexpr std::size_t most_environments = 500;

}  // namespace

Condition Compiler::compile_environment(const query::Field& field) {
  const auto* equals = std::get_if<query::Equals>(&field.test);
  const auto* text = equals == nullptr ? nullptr : equals->value.if_type<std::string>();
  SqlQuery wanted;
  bool without = false;
  if (text != nullptr && std::ranges::none_of(field.path.names(), is_position)) {
    const auto path = find_path(index_path(field.path.names()));
    if (!path) return {{"FALSE", {}}};
    wanted = {"SELECT environment FROM environment_strings WHERE path = ? AND value = ?",
              {*path, hash_(*text)}};
  } else if (const auto numbers = environments_that(field)) {
    wanted = {numbers->empty() ? "-1" : placeholders(numbers->size()),
              SqlValues(numbers->begin(), numbers->end())};
    without = matches(Query{field}, QueryValue{QueryValue::Object{}});
  } else {
    return {{"TRUE", {}}, SqlQuery{"FALSE", {}}};
  }
  const SqlQuery in = SqlQuery{"environment IN (", {}} + wanted + ")";
  // Documents without an environment are told apart first, so that nothing is NULL.
  const char* joint = without ? "(d.environment IS NULL OR d." : "(d.environment IS NOT NULL AND d.";
  Condition condition{SqlQuery{joint, {}} + in + ")"};
  if (without) return condition;
  condition.source = measured({.rows =
                                   [in](TimeRange times) {
                                     return SqlQuery{"SELECT n AS document, time FROM documents WHERE ", {}} +
                                            in + " AND time >= ? AND time <= ?" +
                                            SqlQuery{"", {times.from, times.to}};
                                   },
                               .tight = true});
  return condition;
}

/// The numbers of all environments that the field's test holds in; absent when there are too many to look at.
std::optional<std::vector<std::int64_t>> Compiler::environments_that(const query::Field& field) {
  std::vector<std::int64_t> found;
  std::size_t seen = 0;
  connection_.stream(
      {"SELECT n, body FROM environments LIMIT ?", {static_cast<std::int64_t>(most_environments) + 1}},
      [&](const SqlRow& row) {
        QueryValue::Object document;
        document.emplace_back(environment_field, QueryValue::of_document(Json::parse(row.bytes(1))));
        if (matches(Query{field}, QueryValue{std::move(document)})) found.push_back(row.integer(0));
        return ++seen > most_environments ? More::no : More::yes;
      });
  if (seen > most_environments) return std::nullopt;
  return found;
}

}  // namespace unio::sql
