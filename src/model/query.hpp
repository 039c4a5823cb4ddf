#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "model/query_path.hpp"
#include "model/query_pattern.hpp"
#include "model/query_value.hpp"

namespace unio {

struct Query;

/// The nodes of a Query. What one means is what `matches` (model/query_match.hpp) does, and docs/finding.md
/// in words. All operators are made of these: `$ne` is None of Equals, `$nin` None of In, `$exists: false`
/// None of Exists, `$not` and `$nor` None, `$all` All of Equals and Element.
namespace query {

/// All of the queries match. Without any, everything does: the query `{}`.
struct All {
  std::vector<Query> queries;
  bool operator==(const All&) const;
};

/// At least one of the queries matches; never empty.
struct Any {
  std::vector<Query> queries;
  bool operator==(const Any&) const;
};

/// None of the queries matches; never empty.
struct None {
  std::vector<Query> queries;
  bool operator==(const None&) const;
};

/// `same_value` as the value, or an array with an element that is. Null is also equal to a field that is
/// missing.
struct Equals {
  QueryValue value;
  bool operator==(const Equals&) const = default;
};

enum class Order : std::uint8_t { less, less_or_equal, greater, greater_or_equal };

/// On that side of the value by `compare_values`, or an array with an element that is. The value is null, a
/// boolean, a number, text or a datetime; a field that is missing counts as null.
struct Compares {
  Order order = Order::less;
  QueryValue value;
  bool operator==(const Compares&) const = default;
};

/// As Equals for at least one of the values; nothing when there are none.
struct In {
  std::vector<QueryValue> values;
  bool operator==(const In&) const = default;
};

/// Is there, null included.
struct Exists {
  bool operator==(const Exists&) const = default;
};

/// An array of exactly so many elements; elements that are arrays do not count as the field.
struct Size {
  std::int64_t size = 0;  ///< not negative
  bool operator==(const Size&) const = default;
};

/// Text that the pattern matches, or an array with such an element.
struct Matches {
  QueryPattern pattern;  ///< a regex or glob
  bool operator==(const Matches&) const = default;
};

enum class Elements : std::uint8_t {
  values,   ///< any element; the query's fields have the path without names, and look at the element itself
  objects,  ///< elements that are objects (or arrays, whose positions are names); paths begin in the element
};

/// An array with an element that alone matches the query.
struct Element {
  Elements elements = Elements::values;
  std::vector<Query> query;  ///< exactly one
  bool operator==(const Element&) const;
};

using Test = std::variant<Equals, Compares, In, Exists, Size, Matches, Element>;

/// The field at the path passes the test.
struct Field {
  FieldPath path;
  Test test;
  bool operator==(const Field&) const = default;
};

/// Some text at or below one of text_fields() matches.
struct Text {
  QueryPattern pattern;  ///< words
  bool operator==(const Text&) const = default;
};

}  // namespace query

/// What a document has to be like to be found: a tree of few kinds of node, which both MongoDB's query
/// language and the text grammar are turned into. A value; equal when written alike.
struct Query {
  std::variant<query::All, query::Any, query::None, query::Field, query::Text> node;

  bool operator==(const Query&) const = default;
};

/// The outermost fields in which Text looks, at any depth: not the environment, which would match everything.
std::span<const std::string_view> text_fields();

/// How large a query may be. A larger one is an Error invalid_argument, whatever it is written in.
struct QueryLimits {
  static constexpr std::size_t bytes = 1 << 20;           ///< of the query as it is written
  static constexpr std::size_t depth = 32;                ///< of nodes in nodes, and of values in values
  static constexpr std::size_t nodes = 500;               ///< without the values of `$in`
  static constexpr std::size_t values = 10'000;           ///< in all `$in` and arrays together
  static constexpr std::size_t pattern_bytes = 512;       ///< of one pattern
  static constexpr std::size_t pattern_memory = 1 << 20;  ///< of one compiled pattern, in bytes
  static constexpr std::size_t names = 32;                ///< of a path
  static constexpr std::size_t positions = 8;             ///< among them; each may double the ways to go
  static constexpr std::size_t path_bytes = 1024;         ///< of all its names together
};

/// Reads a query in MongoDB's language, as docs/finding.md describes. Error invalid_argument, whose hint
/// names the nearest operator when an unknown one was used. Text in queries is UTF-8 without NUL.
Query parse_query(const Json& json);

/// The query in MongoDB's language: parse_query(to_json(query)) == query for each query that a parser made.
Json to_json(const Query& query);

/// Reads a query as a person types it: MongoDB's language when it begins with `{`, else the text grammar of
/// docs/finding.md, whose ages (`-10d`, `today`) count back from `now`.
Query parse_query(std::string_view text, Time now);

}  // namespace unio
