#include <fmt/format.h>

#include "model/query_error.hpp"
#include "model/query_term.hpp"

namespace unio {
namespace {

using Kind = QueryToken::Kind;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<QueryToken> all() {
    std::vector<QueryToken> tokens;
    do {
      tokens.push_back(next());
      check_count(tokens.size());
    } while (tokens.back().kind != Kind::end);
    return tokens;
  }

 private:
  /// Before more is made of it than a query may have: see QueryLimits.
  static void check_count(std::size_t count) {
    constexpr std::size_t most = 4 * QueryLimits::nodes;
    if (count > most) refuse_query(fmt::format("the query has more than {} words and values", most));
  }

  bool ended() const { return at_ == text_.size(); }
  bool begins(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) {
    if (!begins(what)) return false;
    at_ += what.size();
    return true;
  }
  bool ends_bare() const { return ended() || is_space(text_[at_]) || text_[at_] == ')'; }

  QueryToken next() {
    while (!ended() && is_space(text_[at_])) ++at_;
    QueryToken token{Kind::end, {}, at_ + 1};
    if (ended()) return token;
    if (take("(")) {
      token.kind = Kind::open;
    } else if (take(")")) {
      token.kind = Kind::close;
    } else if (take("-")) {
      token.kind = Kind::negation;
    } else {
      read_term(token);
    }
    return token;
  }

  void read_term(QueryToken& token) {
    token.kind = Kind::term;
    if (begins("\"")) {
      token.term.items.push_back(quoted());
      return;
    }
    const std::size_t start = at_;
    while (!ends_bare() && text_[at_] != '(' && text_[at_] != ':') ++at_;
    std::string word(text_.substr(start, at_ - start));
    if (take(":")) {
      if (word.empty()) refuse_query(fmt::format("a field is missing at character {}", token.column));
      token.term.field = std::move(word);
      read_value(token.term);
      return;
    }
    if (word == "AND") token.kind = Kind::conjunction;
    if (word == "OR") token.kind = Kind::disjunction;
    if (word == "NOT") token.kind = Kind::negation;
    token.term.items.push_back({std::move(word), false});
  }

  void read_value(QueryTerm& term) {
    if (take(">=")) {
      term.order = query::Order::greater_or_equal;
    } else if (take("<=")) {
      term.order = query::Order::less_or_equal;
    } else if (take(">")) {
      term.order = query::Order::greater;
    } else if (take("<")) {
      term.order = query::Order::less;
    } else if (begins("/")) {
      term.regex = regex();
      return;
    }
    do {
      check_count(++values_);
      term.items.push_back(begins("\"") ? quoted() : bare());
      if (term.items.back().text.empty() && !term.items.back().quoted) {
        refuse_query(
            fmt::format("a value is missing after {} at character {}", shown(term.field + ":"), at_ + 1));
      }
    } while (take(","));
    if (!ends_bare()) refuse_query(fmt::format("a space is missing before character {}", at_ + 1));
  }

  QueryTerm::Item bare() {
    const std::size_t start = at_;
    while (!ends_bare() && text_[at_] != ',') ++at_;
    return {std::string(text_.substr(start, at_ - start)), false};
  }

  QueryTerm::Item quoted() {
    const std::size_t start = ++at_;
    QueryTerm::Item item{{}, true};
    for (; !ended(); ++at_) {
      if (take("\"")) return item;
      const bool escaped = begins("\\\"") || begins("\\\\");
      if (escaped) ++at_;
      item.text += text_[at_];
    }
    refuse_query(fmt::format("the quote at character {} does not end", start));
  }

  QueryTerm::Regex regex() {
    const std::size_t start = ++at_;
    QueryTerm::Regex regex;
    for (; !ended(); ++at_) {
      if (take("/")) {
        while (!ends_bare()) regex.options += text_[at_++];
        return regex;
      }
      if (begins("\\/")) {
        ++at_;
      } else if (begins("\\") && at_ + 1 < text_.size()) {
        regex.pattern += text_[at_++];
      }
      regex.pattern += text_[at_];
    }
    refuse_query(fmt::format("the pattern at character {} does not end with '/'", start),
                 "write a path that begins with '/' in quotes");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

std::vector<QueryToken> tokens_of(std::string_view text) {
  return Tokenizer(text).all();
}

}  // namespace unio
