#include "model/query_match.hpp"

#include <algorithm>
#include <functional>

namespace unio {
namespace {

using Names = std::span<const std::string>;
/// A condition on one value that a path leads to; a null pointer stands for a missing one.
using Condition = std::function<bool(const QueryValue*)>;

/// What a path that ends at an array leads to.
enum class LastArray : std::uint8_t {
  elements,  ///< each of its elements, and the array
  whole,     ///< the array alone
};

/// Walks a path as MongoDB does: through objects by name, through arrays into every element that is an
/// object, and into the element at that position where the name is one.
class Walk {
 public:
  Walk(LastArray last_array, const Condition& condition) : last_array_(last_array), condition_(condition) {}

  /// Whether the condition holds for a value that the path leads to from `start`. An object or array at the
  /// start is looked into by name, even if the array's names are positions.
  bool from(const QueryValue& start, Names names) const {
    const QueryValue* at = &start;
    while (!names.empty()) {
      at = find_member(*at, names.front());
      names = names.subspan(1);
      if (!at) return condition_(nullptr);
      if (const auto* array = at->if_type<QueryValue::Array>()) return through(*at, *array, names);
      const bool ends_early = !names.empty() && !at->if_type<QueryValue::Object>();
      if (ends_early) return condition_(nullptr);
    }
    return condition_(at);
  }

 private:
  static const QueryValue* find_member(const QueryValue& value, const std::string& name) {
    if (const auto* members = value.if_type<QueryValue::Object>()) {
      const auto found = std::lower_bound(members->begin(), members->end(), name,
                                          [](const auto& member, const auto& n) { return member.first < n; });
      return found != members->end() && found->first == name ? &found->second : nullptr;
    }
    const auto* elements = value.if_type<QueryValue::Array>();
    return elements ? find_element(*elements, name) : nullptr;
  }

  static const QueryValue* find_element(const QueryValue::Array& elements, const std::string& name) {
    constexpr std::size_t most_digits = 9;
    if (!is_position(name) || name.size() > most_digits) return nullptr;
    const std::size_t position = std::stoul(name);
    return position < elements.size() ? &elements[position] : nullptr;
  }

  bool through(const QueryValue& array, const QueryValue::Array& elements, Names names) const {
    if (names.empty()) return at_end(array, elements);
    const QueryValue* at_position = find_element(elements, names.front());
    return std::any_of(elements.begin(), elements.end(), [&](const QueryValue& element) {
      if (element.if_type<QueryValue::Object>() && from(element, names)) return true;
      return &element == at_position && at_element(element, names.subspan(1));
    });
  }

  bool at_end(const QueryValue& array, const QueryValue::Array& elements) const {
    const bool each = last_array_ == LastArray::elements;
    return (each && std::any_of(elements.begin(), elements.end(),
                                [&](const QueryValue& element) { return condition_(&element); })) ||
           condition_(&array);
  }

  /// An element that its position was named of: it is not looked into any further by itself.
  bool at_element(const QueryValue& element, Names names) const {
    if (names.empty()) return condition_(&element);
    if (const auto* elements = element.if_type<QueryValue::Array>())
      return through(element, *elements, names);
    return element.if_type<QueryValue::Object>() && from(element, names);
  }

  LastArray last_array_;
  const Condition& condition_;
};

const QueryValue& null_if_missing(const QueryValue* value) {
  static const QueryValue null{nullptr};
  return value ? *value : null;
}

bool compares(const query::Compares& test, const QueryValue& value) {
  const auto ordering = compare_values(value, test.value);
  switch (test.order) {
    case query::Order::less:
      return std::is_lt(ordering);
    case query::Order::greater:
      return std::is_gt(ordering);
    case query::Order::less_or_equal:
      return std::is_lt(ordering) || same_value(value, test.value);
    case query::Order::greater_or_equal:
      break;
  }
  return std::is_gt(ordering) || same_value(value, test.value);
}

bool has_element(const query::Element& test, const QueryValue* value) {
  const auto* elements = value ? value->if_type<QueryValue::Array>() : nullptr;
  if (!elements) return false;
  return std::any_of(elements->begin(), elements->end(), [&](const QueryValue& element) {
    const bool looked_at = test.elements == query::Elements::values ||
                           element.if_type<QueryValue::Object>() || element.if_type<QueryValue::Array>();
    return looked_at && matches(test.query.front(), element);
  });
}

struct Test {
  const QueryValue* value;

  bool operator()(const query::Equals& test) const { return same_value(null_if_missing(value), test.value); }
  bool operator()(const query::Compares& test) const { return compares(test, null_if_missing(value)); }
  bool operator()(const query::In& test) const {
    const QueryValue& present = null_if_missing(value);
    return std::any_of(test.values.begin(), test.values.end(),
                       [&](const QueryValue& wanted) { return same_value(present, wanted); });
  }
  bool operator()(const query::Exists&) const { return value != nullptr; }
  bool operator()(const query::Size& test) const {
    const auto* elements = value ? value->if_type<QueryValue::Array>() : nullptr;
    return elements && elements->size() == static_cast<std::uint64_t>(test.size);
  }
  bool operator()(const query::Matches& test) const {
    const auto* text = value ? value->if_type<std::string>() : nullptr;
    return text && test.pattern.matches(*text);
  }
  bool operator()(const query::Element& test) const { return has_element(test, value); }
};

LastArray last_array_of(const query::Test& test) {
  const bool whole =
      std::holds_alternative<query::Size>(test) || std::holds_alternative<query::Element>(test);
  return whole ? LastArray::whole : LastArray::elements;
}

bool has_text(const QueryPattern& pattern, const QueryValue& value) {
  if (const auto* text = value.if_type<std::string>()) return pattern.matches(*text);
  if (const auto* elements = value.if_type<QueryValue::Array>()) {
    return std::any_of(elements->begin(), elements->end(),
                       [&](const QueryValue& element) { return has_text(pattern, element); });
  }
  const auto* members = value.if_type<QueryValue::Object>();
  return members && std::any_of(members->begin(), members->end(),
                                [&](const auto& member) { return has_text(pattern, member.second); });
}

struct Node {
  const QueryValue& document;

  bool operator()(const query::All& all) const {
    return std::all_of(all.queries.begin(), all.queries.end(),
                       [&](const Query& q) { return matches(q, document); });
  }
  bool operator()(const query::Any& any) const { return any_matches(any.queries); }
  bool operator()(const query::None& none) const { return !any_matches(none.queries); }
  bool operator()(const query::Field& field) const {
    const Condition condition = [&](const QueryValue* value) { return std::visit(Test{value}, field.test); };
    return Walk(last_array_of(field.test), condition).from(document, field.path.names());
  }
  bool operator()(const query::Text& text) const {
    const auto* members = document.if_type<QueryValue::Object>();
    const auto fields = text_fields();
    return members && std::any_of(members->begin(), members->end(), [&](const auto& member) {
             return std::find(fields.begin(), fields.end(), member.first) != fields.end() &&
                    has_text(text.pattern, member.second);
           });
  }

  bool any_matches(const std::vector<Query>& queries) const {
    return std::any_of(queries.begin(), queries.end(), [&](const Query& q) { return matches(q, document); });
  }
};

struct FieldsOf {
  using Fields = std::set<std::string>;

  Fields operator()(const query::All& all) const { return of_all(all.queries); }
  Fields operator()(const query::Any& any) const { return of_all(any.queries); }
  Fields operator()(const query::None& none) const { return of_all(none.queries); }
  Fields operator()(const query::Field& field) const { return {field.path.names().front()}; }
  Fields operator()(const query::Text&) const {
    const auto fields = text_fields();
    return {fields.begin(), fields.end()};
  }

  static Fields of_all(const std::vector<Query>& queries) {
    Fields fields;
    for (const Query& query : queries) fields.merge(fields_of(query));
    return fields;
  }
};

}  // namespace

bool matches(const Query& query, const QueryValue& document) {
  return std::visit(Node{document}, query.node);
}

bool matches(const Query& query, const Json& document) {
  return matches(query, QueryValue::of_document(document));
}

std::set<std::string> fields_of(const Query& query) {
  return std::visit(FieldsOf{}, query.node);
}

QueryValue document_of_fields(const Json& document, const std::set<std::string>& fields) {
  QueryValue::Object members;
  for (const std::string& field : fields) {
    if (const Json* value = document.find(field))
      members.emplace_back(field, QueryValue::of_document(*value));
  }
  return {std::move(members)};
}

}  // namespace unio
