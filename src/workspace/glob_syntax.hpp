#pragma once

#include <string_view>
#include <vector>

#include "workspace/glob.hpp"

namespace unio {

/// What a pattern compiles to. Tokens of kind `set` index `sets`.
struct GlobSyntax {
  std::vector<Glob::Token> tokens;
  std::vector<Glob::Set> sets;

  void add(Glob::Token::Kind kind, char32_t value = 0) { tokens.push_back({kind, value}); }
  void add(Glob::Set set) {
    add(Glob::Token::Kind::set, static_cast<char32_t>(sets.size()));
    sets.push_back(std::move(set));
  }
};

/// The code point that `text` has at `at` and its length; a byte that is not UTF-8 stands for itself, as
/// Python's surrogate escapes (U+DC80…) do.
std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t at);

GlobSyntax parse_python_glob(std::string_view pattern);
GlobSyntax parse_git_glob(std::string_view pattern);

}  // namespace unio
