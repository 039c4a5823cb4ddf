#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/query.hpp"

namespace unio {

/// One word of the text grammar, as `created:>-10d`, `tag:a,"b c"` or `"free words"`. A value.
struct QueryTerm {
  struct Item {
    std::string text;
    bool quoted = false;  ///< stands for itself: no wildcards, no ranges, no numbers
  };
  struct Regex {
    std::string pattern;
    std::string options;
  };

  std::string field;  ///< empty: words to look for everywhere
  std::optional<query::Order> order;
  std::vector<Item> items;  ///< at least one, unless there is a regex
  std::optional<Regex> regex;
};

/// A piece of a query in the text grammar.
struct QueryToken {
  enum class Kind { open, close, conjunction, disjunction, negation, term, end };
  Kind kind = Kind::end;
  QueryTerm term;
  std::size_t column = 0;  ///< where it begins, from 1, in bytes
};

/// Cuts a query in the text grammar into pieces; the last one is the end. Error invalid_argument for a quote
/// or regex that does not end.
std::vector<QueryToken> tokens_of(std::string_view text);

/// What one word means. Error invalid_argument for a field that is none and a value that it cannot have.
Query query_of_term(const QueryTerm& term, Time now);

}  // namespace unio
