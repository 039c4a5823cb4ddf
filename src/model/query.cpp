#include "model/query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/query_build.hpp"
#include "model/query_error.hpp"

namespace unio {

bool query::All::operator==(const All&) const = default;
bool query::Any::operator==(const Any&) const = default;
bool query::None::operator==(const None&) const = default;
bool query::Element::operator==(const Element&) const = default;

std::span<const std::string_view> text_fields() {
  static constexpr std::string_view fields[] = {"artifact_id", "file_relpaths", "labels",   "message", "meta",
                                                "name",        "tags",          "top_hash", "username"};
  return fields;
}

namespace {

/// Counts what a query is made of and refuses what is too much, before anybody works on it.
class Measure {
 public:
  void operator()(const Query& query, std::size_t depth) {
    check_depth(depth);
    if (++nodes_ > QueryLimits::nodes) {
      refuse_query(fmt::format("the query has more than {} conditions", QueryLimits::nodes),
                   "write many values for one field as '$in'");
    }
    std::visit([&](const auto& node) { look_at(node, depth); }, query.node);
  }

 private:
  static void check_depth(std::size_t depth) {
    if (depth > QueryLimits::depth) {
      refuse_query(fmt::format("the query is deeper than {} levels", QueryLimits::depth));
    }
  }

  void count_value() {
    if (++values_ > QueryLimits::values) {
      refuse_query(fmt::format("the query has more than {} values", QueryLimits::values));
    }
  }

  void look_at(const QueryValue& value, std::size_t depth) {
    check_depth(depth);
    if (const auto* elements = value.if_type<QueryValue::Array>()) {
      for (const QueryValue& element : *elements) look_at(element, depth + 1);
    }
    if (const auto* members = value.if_type<QueryValue::Object>()) {
      for (const auto& [name, member] : *members) look_at(member, depth + 1);
    }
    if (depth > 1) count_value();
  }

  void look_at(const query::Text&, std::size_t) {}
  void look_at(const query::Field& field, std::size_t depth) {
    if (const auto* equals = std::get_if<query::Equals>(&field.test)) look_at(equals->value, 1);
    if (const auto* in = std::get_if<query::In>(&field.test)) {
      for (const QueryValue& value : in->values) look_at(value, 2);
    }
    if (const auto* element = std::get_if<query::Element>(&field.test)) {
      (*this)(element->query.front(), depth + 1);
    }
  }
  void look_at(const auto& list, std::size_t depth) {
    for (const Query& query : list.queries) (*this)(query, depth + 1);
  }

  std::size_t nodes_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

Query within_limits(Query query) {
  Measure()(query, 1);
  return query;
}

Query all_of(std::vector<Query> queries) {
  if (queries.size() == 1) return std::move(queries.front());
  return {query::All{std::move(queries)}};
}

Query any_of(std::vector<Query> queries) {
  if (queries.size() == 1) return std::move(queries.front());
  return {query::Any{std::move(queries)}};
}

Query none_of(Query query) {
  std::vector<Query> queries;
  queries.push_back(std::move(query));
  return {query::None{std::move(queries)}};
}

}  // namespace unio
