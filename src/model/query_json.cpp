#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/query.hpp"
#include "model/query_build.hpp"
#include "model/query_error.hpp"
#include "model/query_literal.hpp"

namespace unio {
namespace {

using Queries = std::vector<Query>;

/// What the members of an object of the query stand for.
enum class Scope : std::uint8_t {
  document,  ///< fields of the document, by path
  object,    ///< the same for an element that is an object
  value,     ///< operators on an element itself
};

bool is_combination(std::string_view name) {
  return name == "$and" || name == "$or" || name == "$nor";
}

/// Whether an object is no value but operators, as in `{"$gt": 1}`.
bool holds_operators(const Json& json) {
  const auto* object = json.if_object();
  if (!object || object->empty()) return false;
  const std::string& first = object->begin()->first;
  return is_query_operator(first) && first != "$date";
}

const Json::Array& get_array(std::string_view name, const Json& operand) {
  const auto* array = operand.if_array();
  if (!array) refuse_query(fmt::format("'{}' takes a list", name));
  return *array;
}

std::vector<QueryValue> literals(std::string_view name, const Json& operand) {
  std::vector<QueryValue> values;
  for (const Json& value : get_array(name, operand)) values.push_back(query_literal(value));
  return values;
}

const std::string& get_text(std::string_view name, const Json& operand) {
  const auto* text = operand.if_string();
  if (!text) refuse_query(fmt::format("'{}' takes a text", name));
  return *text;
}

Query read(const Json& json, Scope scope);
Query read_operators(const FieldPath& path, const Json& json);

/// An operator, what stands behind it, and what it is about.
struct Operation {
  const FieldPath& path;
  const std::string& name;
  const Json& operand;
  const Json& beside;  ///< the object that the operator is a member of

  Query field(query::Test test) const { return {query::Field{path, std::move(test)}}; }
};

Query equals(const Operation& op) {
  return op.field(query::Equals{query_literal(op.operand)});
}

Query not_equals(const Operation& op) {
  return none_of(equals(op));
}

template <query::Order order>
Query compares(const Operation& op) {
  QueryValue value = query_literal(op.operand);
  if (value.if_type<QueryValue::Array>() || value.if_type<QueryValue::Object>()) {
    refuse_query(fmt::format("'{}' takes a number, a text, a datetime, true, false or null", op.name));
  }
  return op.field(query::Compares{order, std::move(value)});
}

Query in(const Operation& op) {
  return op.field(query::In{literals(op.name, op.operand)});
}

Query not_in(const Operation& op) {
  return none_of(in(op));
}

Query regex(const Operation& op) {
  const Json* options = op.beside.find("$options");
  return op.field(query::Matches{QueryPattern::regex(
      get_text(op.name, op.operand), options ? get_text("$options", *options) : std::string())});
}

/// Belongs to `$regex`, which reads it: nothing by itself.
Query regex_options(const Operation& op) {
  if (!op.beside.find("$regex")) refuse_query("'$options' stands without '$regex'");
  return {query::All{}};
}

Query glob(const Operation& op) {
  return op.field(query::Matches{QueryPattern::glob(get_text(op.name, op.operand))});
}

Query exists(const Operation& op) {
  const bool known = op.operand.if_bool() || op.operand.if_integer();
  if (!known) refuse_query("'$exists' takes true or false");
  return op.operand.truthy() ? op.field(query::Exists{}) : none_of(op.field(query::Exists{}));
}

Query size(const Operation& op) {
  const auto* size = op.operand.if_integer();
  if (!size || *size < 0) refuse_query("'$size' takes a number of elements");
  return op.field(query::Size{*size});
}

Scope element_scope(const Json& json) {
  const auto* object = json.if_object();
  if (!object || object->empty()) return Scope::object;
  const auto& [name, operand] = *object->begin();
  if (!is_combination(name)) return is_query_operator(name) ? Scope::value : Scope::object;
  const auto* list = operand.if_array();
  return list && !list->empty() ? element_scope(list->front()) : Scope::object;
}

Query element(const Operation& op) {
  if (!op.operand.is_object()) refuse_query("'$elemMatch' takes a query");
  const Scope scope = element_scope(op.operand);
  const bool values = scope == Scope::value;
  Queries query;
  query.push_back(read(op.operand, scope));
  return op.field(
      query::Element{values ? query::Elements::values : query::Elements::objects, std::move(query)});
}

Query all(const Operation& op) {
  Queries queries;
  for (const Json& value : get_array(op.name, op.operand)) {
    const bool is_element = value.find("$elemMatch") && value.if_object()->size() == 1;
    queries.push_back(is_element ? read_operators(op.path, value)
                                 : op.field(query::Equals{query_literal(value)}));
  }
  return queries.empty() ? op.field(query::In{}) : all_of(std::move(queries));
}

Query negation(const Operation& op) {
  if (!holds_operators(op.operand)) {
    refuse_query("'$not' takes operators", "as in {\"size\": {\"$not\": {\"$gt\": 1}}}; '$ne' takes a value");
  }
  return none_of(read_operators(op.path, op.operand));
}

struct Operator {
  std::string_view name;
  Query (*read)(const Operation&);
};

constexpr Operator operators[] = {
    {"$eq", equals},
    {"$ne", not_equals},
    {"$gt", compares<query::Order::greater>},
    {"$gte", compares<query::Order::greater_or_equal>},
    {"$lt", compares<query::Order::less>},
    {"$lte", compares<query::Order::less_or_equal>},
    {"$in", in},
    {"$nin", not_in},
    {"$regex", regex},
    {"$options", regex_options},
    {"$glob", glob},
    {"$exists", exists},
    {"$size", size},
    {"$all", all},
    {"$elemMatch", element},
    {"$not", negation},
};

constexpr std::string_view combinations[] = {"$and", "$or", "$nor", "$text"};

[[noreturn]] void refuse_operator(const std::string& name) {
  if (name == "$where" || name == "$function" || name == "$expr") {
    refuse_query(fmt::format("'{}' is not there: a query runs no code", name),
                 "say it with operators that compare, such as '$gt' and '$regex'");
  }
  const auto named = [&](const auto& op) { return op.name == name; };
  if (std::any_of(std::begin(operators), std::end(operators), named)) {
    refuse_query(fmt::format("'{}' stands without a field", name),
                 "as in {\"username\": {\"$ne\": \"andy\"}}");
  }
  if (std::find(std::begin(combinations), std::end(combinations), name) != std::end(combinations)) {
    refuse_query(fmt::format("'{}' cannot stand here", name),
                 "it combines queries, as in {\"$or\": [{\"username\": \"andy\"}, …]}");
  }
  std::vector<std::string> known(std::begin(combinations), std::end(combinations));
  for (const Operator& op : operators) known.emplace_back(op.name);
  refuse_query(fmt::format("unknown operator {}", shown(name)),
               did_you_mean(name, known, "unio help find shows them all"));
}

Query read_operator(const Operation& op) {
  const auto found = std::find_if(std::begin(operators), std::end(operators),
                                  [&](const Operator& known) { return known.name == op.name; });
  if (found == std::end(operators)) refuse_operator(op.name);
  return found->read(op);
}

/// Operators below one field: all of them must hold.
Query read_operators(const FieldPath& path, const Json& json) {
  Queries queries;
  for (const auto& [name, operand] : *json.if_object()) {
    if (!is_query_operator(name)) {
      refuse_query(fmt::format("{} stands beside operators", shown(name)),
                   "write paths with dots, or compare the whole with '$eq'");
    }
    const bool read_with_regex = name == "$options" && json.find("$regex");
    if (!read_with_regex) queries.push_back(read_operator({path, name, operand, json}));
  }
  return all_of(std::move(queries));
}

Query read_combination(const std::string& name, const Json& operand, Scope scope) {
  Queries queries;
  for (const Json& json : get_array(name, operand)) queries.push_back(read(json, scope));
  if (queries.empty()) refuse_query(fmt::format("'{}' takes at least one query", name));
  if (name == "$and") return all_of(std::move(queries));
  if (name == "$or") return any_of(std::move(queries));
  return {query::None{std::move(queries)}};
}

Query read_field(const std::string& name, const Json& operand) {
  const FieldPath path = FieldPath::parse(name);
  if (holds_operators(operand)) return read_operators(path, operand);
  return {query::Field{path, query::Equals{query_literal(operand)}}};
}

/// One member of an object of the query: `json` is that object.
Query read_member(const std::string& name, const Json& json, Scope scope) {
  const Json& operand = *json.find(name);
  if (is_combination(name)) return read_combination(name, operand, scope);
  if (scope == Scope::value) {
    if (!is_query_operator(name)) refuse_query(fmt::format("{} stands beside operators", shown(name)));
    return read_operator({FieldPath(), name, operand, json});
  }
  if (name == "$text" && scope == Scope::document) {
    const std::string& words = get_text(name, operand);
    return {query::Text{QueryPattern::words(words)}};
  }
  if (is_query_operator(name)) refuse_operator(name);
  return read_field(name, operand);
}

Query read(const Json& json, Scope scope) {
  const auto* object = json.if_object();
  if (!object) refuse_query("a query is an object, as in {\"username\": \"andy\"}");
  Queries queries;
  for (const auto& [name, operand] : *object) {
    const bool read_with_regex = scope == Scope::value && name == "$options" && json.find("$regex");
    if (!read_with_regex) queries.push_back(read_member(name, json, scope));
  }
  return all_of(std::move(queries));
}

std::size_t count_operators(const Json& json) {
  std::size_t count = 0;
  if (const auto* elements = json.if_array()) {
    for (const Json& element : *elements) count += count_operators(element);
  }
  if (const auto* members = json.if_object()) {
    for (const auto& [name, member] : *members) {
      const bool counts = is_query_operator(name) && name != "$date";
      count += (counts ? 1 : 0) + count_operators(member);
    }
  }
  return count;
}

/// Before patterns are compiled, which takes time.
void check_size(const Json& json) {
  constexpr std::size_t most = 4 * QueryLimits::nodes;
  if (count_operators(json) > most) refuse_query(fmt::format("the query has more than {} operators", most));
}

}  // namespace

Query parse_query(const Json& json) {
  check_size(json);
  return within_limits(read(json, Scope::document));
}

}  // namespace unio
