#include <string_view>

#include "model/query.hpp"

namespace unio {
namespace {

Json list(const std::vector<Query>& queries) {
  Json::Array array;
  for (const Query& query : queries) array.push_back(to_json(query));
  return array;
}

Json list(const std::vector<QueryValue>& values) {
  Json::Array array;
  for (const QueryValue& value : values) array.push_back(value.to_json());
  return array;
}

std::string name_of(query::Order order) {
  switch (order) {
    case query::Order::less:
      return "$lt";
    case query::Order::less_or_equal:
      return "$lte";
    case query::Order::greater:
      return "$gt";
    case query::Order::greater_or_equal:
      break;
  }
  return "$gte";
}

struct PrintTest {
  Json operator()(const query::Equals& test) const { return Json::object({{"$eq", test.value.to_json()}}); }
  Json operator()(const query::Compares& test) const {
    return Json::object({{name_of(test.order), test.value.to_json()}});
  }
  Json operator()(const query::In& test) const { return Json::object({{"$in", list(test.values)}}); }
  Json operator()(const query::Exists&) const { return Json::object({{"$exists", true}}); }
  Json operator()(const query::Size& test) const { return Json::object({{"$size", test.size}}); }
  Json operator()(const query::Matches& test) const {
    const QueryPattern& pattern = test.pattern;
    if (pattern.kind() == QueryPattern::Kind::glob) return Json::object({{"$glob", pattern.source()}});
    Json json = Json::object({{"$regex", pattern.source()}});
    if (!pattern.options().empty()) json.set("$options", pattern.options());
    return json;
  }
  Json operator()(const query::Element& test) const {
    return Json::object({{"$elemMatch", to_json(test.query.front())}});
  }
};

struct PrintNode {
  Json operator()(const query::All& all) const {
    return all.queries.empty() ? Json::object() : Json::object({{"$and", list(all.queries)}});
  }
  Json operator()(const query::Any& any) const { return Json::object({{"$or", list(any.queries)}}); }
  Json operator()(const query::None& none) const { return Json::object({{"$nor", list(none.queries)}}); }
  Json operator()(const query::Field& field) const {
    Json test = std::visit(PrintTest{}, field.test);
    if (field.path.is_element()) return test;
    return Json::object({{field.path.text(), std::move(test)}});
  }
  Json operator()(const query::Text& text) const { return Json::object({{"$text", text.pattern.source()}}); }
};

}  // namespace

Json to_json(const Query& query) {
  return std::visit(PrintNode{}, query.node);
}

}  // namespace unio
