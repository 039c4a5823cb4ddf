#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace unio {

/// A part of a text: [begin, end).
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Private keys between their BEGIN and END lines, also where only one of the two, or a part, is in the text
/// (as in a diff).
std::vector<TextRange> find_private_keys(std::string_view text);

/// User names and passwords in URLs.
std::vector<TextRange> find_url_credentials(std::string_view text);

/// Keys that show by their shape what they are (those of GitHub, AWS, Slack, JSON web tokens …), and words
/// that look random.
std::vector<TextRange> find_keys(std::string_view text);

/// Whether a word of at least `shortest` characters looks as if a generator had made it from letters of both
/// cases and digits, as keys are. Hexadecimal digits, identifiers and paths do not.
bool looks_random(std::string_view word, std::size_t shortest);

/// Whether a text may be a key of some service at all: letters and digits, no spaces, no path, no version, no
/// file name.
bool may_be_key(std::string_view text);

/// Whether a value stands for another one: empty, `None`, `****`, `${VARIABLE}`, `{password}`, `<your key>`.
bool is_placeholder(std::string_view value);

}  // namespace unio
