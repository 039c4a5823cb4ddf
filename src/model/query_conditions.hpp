#pragma once

#include <string_view>

#include "model/query_build.hpp"
#include "model/query_term.hpp"

namespace unio {

/// One value of a term of the text grammar, with the path that it is about. Lives while its parts do.
struct TermValue {
  const FieldPath& path;
  const QueryTerm& term;
  const QueryTerm::Item& item;
  Time now;

  Query field(query::Test test) const { return {query::Field{path, std::move(test)}}; }
  Query compares(query::Order order, QueryValue value) const {
    return field(query::Compares{order, {std::move(value)}});
  }
  /// On the side of the value that the term asks for, or equal to it.
  Query is(QueryValue value) const {
    return term.order ? compares(*term.order, std::move(value)) : field(query::Equals{{std::move(value)}});
  }
  Query between(QueryValue first, QueryValue last) const {
    return all_of({compares(query::Order::greater_or_equal, std::move(first)),
                   compares(query::Order::less_or_equal, std::move(last))});
  }
};

/// What makes a condition of a value: one for each type of field. Error invalid_argument for a value that the
/// field cannot have.
using TermCondition = Query (*)(const TermValue& value);

/// That text; `*` and `?` are wildcards, `*` alone any value.
Query is_text(const TermValue& value);
/// What an id or a hash begins with.
Query begins_with(const TermValue& value);
/// A name in that namespace.
Query is_in_namespace(const TermValue& value);
/// A file name with that ending.
Query ends_with(const TermValue& value);
/// A datetime: see find_period.
Query is_at(const TermValue& value);
/// A size: see find_bytes.
Query has_bytes(const TermValue& value);
/// How many elements a list has.
Query has_count(const TermValue& value);
/// A field whose type is the user's: `3` is the number and the text, a date the datetime and the text.
Query is_anything(const TermValue& value);

/// Throws the Error for such a value.
[[noreturn]] void refuse_value(const TermValue& value, std::string_view hint);
/// Whether the value is a glob.
bool has_wildcard(const QueryTerm::Item& item);

}  // namespace unio
