#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace unio {

/// A value of a document or of a query, with the types that MongoDB tells apart. Immutable by convention.
///
/// In JSON, a datetime is an object with the one member `$date`: text as in parse_time, or an integer of
/// milliseconds since 1970. An integer beyond 64 bits is the nearest double.
struct QueryValue {
  using Array = std::vector<QueryValue>;
  using Member = std::pair<std::string, QueryValue>;
  /// Members sorted by name, no name twice: their order does not count.
  using Object = std::vector<Member>;
  using Variant = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Time, Array, Object>;

  Variant value;

  /// What a document says. Never fails: a `$date` that holds no time is an object like any other.
  static QueryValue of_document(const Json& json);
  Json to_json() const;

  template <class T>
  const T* if_type() const {
    return std::get_if<T>(&value);
  }

  /// Equal in type too: 1 and 1.0 differ. See `same_value` for what queries call equal.
  bool operator==(const QueryValue&) const = default;
};

/// Whether `$eq` takes them for equal: numbers by what they are worth, exactly, so that 1 is 1.0 and 2^53 is
/// not 2^53 + 1; NaN is NaN; text byte by byte; arrays element by element; objects by member, in any order.
bool same_value(const QueryValue& left, const QueryValue& right);

/// How `$lt` and its like order them: numbers among numbers, exactly; text by bytes; datetimes; false before
/// true; null and null are equivalent. Everything else is unordered: values of two types, NaN with a number,
/// arrays, objects.
std::partial_ordering compare_values(const QueryValue& left, const QueryValue& right);

/// Text that is equal for two values exactly when they are `same_value`, for indexes and sets.
std::string equality_key(const QueryValue& value);

}  // namespace unio
