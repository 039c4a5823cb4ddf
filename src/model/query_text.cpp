#include <fmt/format.h>

#include "base/utf8.hpp"
#include "model/query.hpp"
#include "model/query_build.hpp"
#include "model/query_error.hpp"
#include "model/query_term.hpp"

namespace unio {
namespace {

using Kind = QueryToken::Kind;

/// Reads the text grammar by descent: OR binds least, then AND, which need not be written, then NOT.
class TextReader {
 public:
  TextReader(std::string_view text, Time now) : tokens_(tokens_of(text)), now_(now) {}

  Query whole() {
    if (kind() == Kind::end) return {query::All{}};
    Query query = alternatives(1);
    if (kind() == Kind::close) {
      refuse_query(fmt::format("the ')' at character {} closes nothing", token().column),
                   "put it in quotes to look for it");
    }
    return query;
  }

 private:
  const QueryToken& token() const { return tokens_[at_]; }
  Kind kind() const { return token().kind; }
  bool take(Kind wanted) {
    if (kind() != wanted) return false;
    ++at_;
    return true;
  }

  Query alternatives(std::size_t depth) {
    if (depth > QueryLimits::depth) {
      refuse_query(fmt::format("the query is deeper than {} levels", QueryLimits::depth));
    }
    std::vector<Query> queries;
    do {
      queries.push_back(conjunction(depth));
    } while (take(Kind::disjunction));
    return any_of(std::move(queries));
  }

  Query conjunction(std::size_t depth) {
    std::vector<Query> queries;
    do {
      queries.push_back(operand(depth));
      take(Kind::conjunction);
    } while (kind() != Kind::disjunction && kind() != Kind::close && kind() != Kind::end);
    return all_of(std::move(queries));
  }

  Query operand(std::size_t depth) {
    bool negated = false;
    while (take(Kind::negation)) negated = !negated;
    Query query = positive(depth);
    return negated ? none_of(std::move(query)) : query;
  }

  Query positive(std::size_t depth) {
    const QueryToken& first = token();
    if (take(Kind::term)) return query_of_term(first.term, now_);
    if (!take(Kind::open)) {
      refuse_query(fmt::format("a word is missing at character {}", first.column),
                   "AND, OR, NOT, '-' and brackets stand around words; in quotes they are words themselves");
    }
    Query query = alternatives(depth + 1);
    if (!take(Kind::close)) {
      refuse_query(fmt::format("the '(' at character {} is not closed", first.column));
    }
    return query;
  }

  std::vector<QueryToken> tokens_;
  std::size_t at_ = 0;
  Time now_;
};

bool is_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

Query parse_query(std::string_view text, Time now) {
  if (text.size() > QueryLimits::bytes) {
    refuse_query(fmt::format("the query is longer than {} bytes", QueryLimits::bytes));
  }
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    refuse_query("the query is not UTF-8, or holds a NUL");
  }
  if (is_json(text)) return parse_query(Json::parse(text));
  return within_limits(TextReader(text, now).whole());
}

}  // namespace unio
