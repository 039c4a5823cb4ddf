#include "workspace/glob.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "workspace/glob_syntax.hpp"

namespace unio {
namespace {

using Kind = Glob::Token::Kind;

/// Where matching goes on when it fails behind a star: the star takes one more character, or one more
/// segment.
struct Retry {
  Kind kind = Kind::star;
  std::size_t token = 0;  ///< the one behind the star; 0: there was no star
  std::size_t at = 0;
};

}  // namespace

bool Glob::Set::contains(char32_t c) const {
  const bool found = std::any_of(ranges.begin(), ranges.end(),
                                 [c](const auto& range) { return range.first <= c && c <= range.second; });
  return found != negated;
}

Glob::Glob(Dialect dialect, std::vector<Token> tokens, std::vector<Set> sets)
    : dialect_(dialect), tokens_(std::move(tokens)), sets_(std::move(sets)) {
  for (auto token = tokens_.rbegin(); token != tokens_.rend() && token->kind == Kind::literal; ++token) {
    if (token->value >= 0x80) break;
    ending_.insert(ending_.begin(), static_cast<char>(token->value));
  }
}

Glob Glob::python(std::string_view pattern) {
  GlobSyntax syntax = parse_python_glob(pattern);
  return {Dialect::python, std::move(syntax.tokens), std::move(syntax.sets)};
}

Glob Glob::git(std::string_view pattern) {
  GlobSyntax syntax = parse_git_glob(pattern);
  return {Dialect::git, std::move(syntax.tokens), std::move(syntax.sets)};
}

std::pair<char32_t, std::size_t> Glob::character(std::string_view text, std::size_t at) const {
  if (dialect_ == Dialect::python) return code_point(text, at);
  return {static_cast<unsigned char>(text[at]), 1};
}

bool Glob::consumes(const Token& token, char32_t c) const {
  if (token.kind == Kind::literal) return token.value == c;
  if (dialect_ == Dialect::git && c == '/') return false;
  return token.kind == Kind::any || sets_[token.value].contains(c);
}

/// Goes back to the last star only: what an earlier star took is already as little as can be. A star that
/// stops at slashes cannot make up for one that does not, so that there are two places to go back to.
bool Glob::matches(std::string_view text) const {
  if (!text.ends_with(ending_)) return false;
  Retry in_segment;
  Retry across;
  std::size_t token = 0;
  std::size_t at = 0;
  const auto go_back = [&] {
    if (in_segment.token > 0 && in_segment.at < text.size() && text[in_segment.at] != '/') {
      token = in_segment.token;
      at = ++in_segment.at;
      return true;
    }
    if (across.token == 0 || across.at == text.size()) return false;
    const std::size_t next = across.kind == Kind::rest
                                 ? across.at + character(text, across.at).second
                                 : std::min(text.find('/', across.at), text.size() - 1) + 1;
    if (across.kind == Kind::folders && text[next - 1] != '/') return false;
    in_segment = {};
    token = across.token;
    at = across.at = next;
    return true;
  };
  for (;;) {
    if (token == tokens_.size()) {
      if (at == text.size()) return true;
      if (!go_back()) return false;
      continue;
    }
    const Token& next = tokens_[token];
    if (next.kind == Kind::star) {
      in_segment = {next.kind, ++token, at};
    } else if (next.kind == Kind::rest || next.kind == Kind::folders) {
      across = {next.kind, ++token, at};
      in_segment = {};
    } else if (const auto [c, size] =
                   at < text.size() ? character(text, at) : std::pair(char32_t{0}, std::size_t{0});
               size > 0 && consumes(next, c)) {
      ++token;
      at += size;
    } else if (!go_back()) {
      return false;
    }
  }
}

}  // namespace unio
