#include "model/query_value.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/error.hpp"

namespace unio {
namespace {

/// What tells the types apart that comparisons keep apart; integers and doubles are both numbers.
enum class Type : std::uint8_t { null, boolean, number, text, time, array, object };

Type type_of(const QueryValue& value) {
  constexpr Type types[] = {Type::null, Type::boolean, Type::number, Type::number,
                            Type::text, Type::time,    Type::array,  Type::object};
  return types[value.value.index()];
}

/// Exactly, where a conversion to double would round.
std::partial_ordering compare_exactly(std::int64_t left, double right) {
  constexpr double beyond = 9223372036854775808.0;  // 2^63
  if (std::isnan(right)) return std::partial_ordering::unordered;
  if (right >= beyond) return std::partial_ordering::less;
  if (right < -beyond) return std::partial_ordering::greater;
  const double whole = std::trunc(right);
  const auto integer = static_cast<std::int64_t>(whole);
  if (left != integer) return left <=> integer;
  return whole <=> right;
}

std::partial_ordering compare_numbers(const QueryValue& left, const QueryValue& right) {
  const auto* left_integer = left.if_type<std::int64_t>();
  const auto* right_integer = right.if_type<std::int64_t>();
  if (left_integer && right_integer) return *left_integer <=> *right_integer;
  if (left_integer) return compare_exactly(*left_integer, std::get<double>(right.value));
  if (right_integer) return 0 <=> compare_exactly(*right_integer, std::get<double>(left.value));
  return std::get<double>(left.value) <=> std::get<double>(right.value);
}

bool is_nan(const QueryValue& value) {
  const auto* number = value.if_type<double>();
  return number && std::isnan(*number);
}

std::optional<Time> find_time(const Json& json) {
  const Json* date = json.find("$date");
  if (!date || json.if_object()->size() != 1) return std::nullopt;
  if (const auto* milliseconds = date->if_integer()) {
    // As far as times can be written with a year of four digits.
    constexpr std::int64_t year_0 = -62'167'219'200'000;
    constexpr std::int64_t year_10000 = 253'402'300'800'000;
    if (*milliseconds < year_0 || *milliseconds >= year_10000) return std::nullopt;
    return Time(std::chrono::milliseconds(*milliseconds));
  }
  if (!date->is_string()) return std::nullopt;
  try {
    return parse_time(*date->if_string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

QueryValue::Object members_of(const Json::Object& json) {
  QueryValue::Object members;
  members.reserve(json.size());
  for (const auto& [name, member] : json) members.emplace_back(name, QueryValue::of_document(member));
  std::sort(members.begin(), members.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  return members;
}

bool same_array(const QueryValue::Array& left, const QueryValue::Array& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), same_value);
}

bool same_object(const QueryValue::Object& left, const QueryValue::Object& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && same_value(a.second, b.second);
  });
}

/// The integer that a double is worth, if it is worth one of 64 bits.
std::optional<std::int64_t> find_integer(double number) {
  const bool in_range = number >= -9223372036854775808.0 && number < 9223372036854775808.0;
  if (!in_range || number != std::trunc(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::string with_length(std::string_view text) {
  return std::to_string(text.size()).append(":").append(text);
}

std::string key_of_double(double number) {
  if (const auto integer = find_integer(number)) return "i" + std::to_string(*integer);
  std::string key = "d";
  append_json_double(key, std::isnan(number) ? std::abs(number) : number);
  return key;
}

struct EqualityKey {
  std::string operator()(std::nullptr_t) const { return "n"; }
  std::string operator()(bool value) const { return value ? "t" : "f"; }
  std::string operator()(std::int64_t value) const { return "i" + std::to_string(value); }
  std::string operator()(double value) const { return key_of_double(value); }
  std::string operator()(const std::string& value) const { return "s" + value; }
  std::string operator()(Time value) const { return "T" + std::to_string(value.time_since_epoch().count()); }
  std::string operator()(const QueryValue::Array& elements) const {
    std::string key = "a";
    for (const QueryValue& element : elements) key += with_length(equality_key(element));
    return key;
  }
  std::string operator()(const QueryValue::Object& members) const {
    std::string key = "o";
    for (const auto& [name, member] : members) key += with_length(name) + with_length(equality_key(member));
    return key;
  }
};

struct ToJson {
  Json operator()(const auto& value) const { return value; }
  Json operator()(Time value) const { return Json::object({{"$date", format_time(value)}}); }
  Json operator()(const QueryValue::Array& elements) const {
    Json::Array array;
    for (const QueryValue& element : elements) array.push_back(element.to_json());
    return array;
  }
  Json operator()(const QueryValue::Object& members) const {
    Json::Object object;
    for (const auto& [name, member] : members) object.set(name, member.to_json());
    return object;
  }
};

}  // namespace

QueryValue QueryValue::of_document(const Json& json) {
  if (json.is_null()) return {nullptr};
  if (const auto* value = json.if_bool()) return {*value};
  if (const auto* value = json.if_integer()) return {*value};
  if (const auto* value = json.if_double()) return {*value};
  if (const auto* value = json.if_string()) return {*value};
  if (const auto* value = json.if_big_integer()) return {std::strtod(value->digits.c_str(), nullptr)};
  if (const auto* elements = json.if_array()) {
    Array array;
    array.reserve(elements->size());
    for (const Json& element : *elements) array.push_back(of_document(element));
    return {std::move(array)};
  }
  if (const auto time = find_time(json)) return {*time};
  return {members_of(*json.if_object())};
}

Json QueryValue::to_json() const {
  return std::visit(ToJson{}, value);
}

bool same_value(const QueryValue& left, const QueryValue& right) {
  if (type_of(left) != type_of(right)) return false;
  if (const auto* array = left.if_type<QueryValue::Array>()) {
    return same_array(*array, std::get<QueryValue::Array>(right.value));
  }
  if (const auto* object = left.if_type<QueryValue::Object>()) {
    return same_object(*object, std::get<QueryValue::Object>(right.value));
  }
  if (type_of(left) != Type::number) return left == right;
  return (is_nan(left) && is_nan(right)) || compare_numbers(left, right) == 0;
}

std::partial_ordering compare_values(const QueryValue& left, const QueryValue& right) {
  if (type_of(left) != type_of(right)) return std::partial_ordering::unordered;
  switch (type_of(left)) {
    case Type::null:
      return std::partial_ordering::equivalent;
    case Type::boolean:
      return std::get<bool>(left.value) <=> std::get<bool>(right.value);
    case Type::number:
      return compare_numbers(left, right);
    case Type::text:
      return std::get<std::string>(left.value) <=> std::get<std::string>(right.value);
    case Type::time:
      return std::get<Time>(left.value) <=> std::get<Time>(right.value);
    case Type::array:
    case Type::object:
      break;
  }
  return std::partial_ordering::unordered;
}

std::string equality_key(const QueryValue& value) {
  return std::visit(EqualityKey{}, value.value);
}

}  // namespace unio
