#include "base/json.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/error.hpp"

namespace unio {
namespace {

Error wrong_member(std::string_view key, std::string_view wanted) {
  return Error(ErrorCode::corruption, fmt::format("'{}' is missing or no {}", key, wanted));
}

}  // namespace

Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json::Json(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = BigInteger{std::to_string(value)};
  }
}

Json Json::object(std::initializer_list<Member> members) {
  Object object;
  for (const Member& member : members) object.set(member.first, member.second);
  return object;
}

bool Json::truthy() const {
  if (const bool* value = if_bool()) return *value;
  if (const std::int64_t* value = if_integer()) return *value != 0;
  if (const double* value = if_double()) return *value != 0;  // NaN is true, as in Python
  if (const std::string* value = if_string()) return !value->empty();
  if (const Array* value = if_array()) return !value->empty();
  if (const Object* value = if_object()) return !value->empty();
  return !is_null();
}

const Json* Json::find(std::string_view key) const {
  const Object* object = if_object();
  return object == nullptr ? nullptr : object->find(key);
}

const std::string& Json::get_string(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr || member->if_string() == nullptr) throw wrong_member(key, "text");
  return *member->if_string();
}

std::int64_t Json::get_integer(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr || member->if_integer() == nullptr) throw wrong_member(key, "integer");
  return *member->if_integer();
}

std::optional<std::string> Json::find_string(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr || member->is_null()) return std::nullopt;
  return get_string(key);
}

void Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object();
  Object* object = if_object();
  check(object != nullptr, "a member is set in what is no object");
  object->set(std::move(key), std::move(value));
}

}  // namespace unio
