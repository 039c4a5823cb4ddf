#pragma once

#include <cstdint>
#include <cstring>

namespace unio {

/// Which characters end a run of plain text inside a JSON string.
enum class PlainText {
  unescaped,   ///< a quote, a backslash and control characters end it
  ascii_only,  ///< so does everything that canonical JSON escapes
};

/// The first character from `at` on that ends a run of plain text; `end` when there is none. Looks at eight
/// at a time.
template <PlainText kind>
const char* skip_plain_text(const char* at, const char* end) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high_bits = 0x80 * ones;
  constexpr bool ascii_only = kind == PlainText::ascii_only;
  const auto has = [](std::uint64_t word, std::uint64_t c) {
    const std::uint64_t different = word ^ (c * ones);
    return (different - ones) & ~different & high_bits;
  };
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    std::uint64_t found = has(word, '"') | has(word, '\\') | ((word - 0x20 * ones) & ~word & high_bits);
    if constexpr (ascii_only) found |= (word & high_bits) | has(word, 0x7F);
    if (found != 0) break;
    at += sizeof word;
  }
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\' || c < 0x20 || (ascii_only && c >= 0x7F)) break;
  }
  return at;
}

}  // namespace unio
