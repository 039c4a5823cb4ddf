#include <algorithm>

#include "base/utf8.hpp"
#include "workspace/glob_syntax.hpp"

namespace unio {
namespace {

using Kind = Glob::Token::Kind;
using Text = std::u32string;

Text code_points(std::string_view text) {
  Text points;
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, size] = code_point(text, at);
    points += c;
    at += size;
  }
  return points;
}

/// Where the bracket that opened before `start` closes; npos when it does not.
std::size_t find_end_of_set(const Text& pattern, std::size_t start) {
  std::size_t end = start;
  if (end < pattern.size() && pattern[end] == '!') ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;
  return pattern.find(U']', end);
}

/// Cuts the inside of a bracket at the hyphens that make ranges: each piece ends with the first character of
/// a range and the next begins with the last one.
std::vector<Text> cut_at_ranges(const Text& inside) {
  std::vector<Text> pieces;
  std::size_t start = 0;
  std::size_t hyphen = inside.find(U'-', inside.starts_with(U'!') ? 2 : 1);
  while (hyphen != Text::npos) {
    pieces.push_back(inside.substr(start, hyphen - start));
    start = hyphen + 1;
    hyphen = inside.find(U'-', hyphen + 3);
  }
  if (start < inside.size() || pieces.empty()) {
    pieces.push_back(inside.substr(start));
  } else {
    pieces.back() += U'-';  // a hyphen at the end stands for itself
  }
  return pieces;
}

/// A range from a larger to a smaller character is empty: Python drops it with both its ends.
void drop_empty_ranges(std::vector<Text>& pieces) {
  for (std::size_t i = pieces.size() - 1; i > 0; --i) {
    if (pieces[i - 1].back() <= pieces[i].front()) continue;
    pieces[i - 1].pop_back();
    pieces[i - 1] += pieces[i].substr(1);
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Glob::Set parse_set(const Text& inside) {
  std::vector<Text> pieces = cut_at_ranges(inside);
  drop_empty_ranges(pieces);
  Glob::Set set;
  // Asked only now, as Python does: dropping a range may have brought the mark to the front. Alone it means
  // "not nothing", and a bracket without anything left matches nothing.
  set.negated = pieces.front().starts_with(U'!');
  if (set.negated) pieces.front().erase(0, 1);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (const char32_t c : pieces[i]) set.ranges.emplace_back(c, c);
    if (i > 0) set.ranges.emplace_back(pieces[i - 1].back(), pieces[i].front());
  }
  return set;
}

}  // namespace

std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return char32_t{static_cast<unsigned char>(text[at + i])}; };
  if (byte(0) < 0x80) return {byte(0), 1};
  constexpr char32_t surrogate_escape = 0xDC00;
  constexpr char32_t low_bits = 0x3F;
  switch (utf8_length(text.substr(at))) {
    case 2:
      return {((byte(0) & 0x1F) << 6) | (byte(1) & low_bits), 2};
    case 3:
      return {((byte(0) & 0x0F) << 12) | ((byte(1) & low_bits) << 6) | (byte(2) & low_bits), 3};
    case 4:
      return {((byte(0) & 0x07) << 18) | ((byte(1) & low_bits) << 12) | ((byte(2) & low_bits) << 6) |
                  (byte(3) & low_bits),
              4};
    default:
      return {surrogate_escape + byte(0), 1};
  }
}

GlobSyntax parse_python_glob(std::string_view text) {
  const Text pattern = code_points(text);
  GlobSyntax syntax;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      if (syntax.tokens.empty() || syntax.tokens.back().kind != Kind::rest) syntax.add(Kind::rest);
    } else if (pattern[i] == '?') {
      syntax.add(Kind::any);
    } else if (const auto end = pattern[i] == '[' ? find_end_of_set(pattern, i + 1) : Text::npos;
               end != Text::npos) {
      syntax.add(parse_set(pattern.substr(i + 1, end - i - 1)));
      i = end;
    } else {
      syntax.add(Kind::literal, pattern[i]);
    }
  }
  return syntax;
}

}  // namespace unio
