#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace unio {

/// Whether the text is UTF-8: no surrogates, no overlong forms, nothing beyond U+10FFFF. Fast for ASCII.
bool is_utf8(std::string_view text);

/// Length in bytes of the UTF-8 sequence of a code point beyond ASCII that `text` starts with; 0 when there
/// is none.
std::size_t utf8_length(std::string_view text);

/// Appends the UTF-8 of a code point; of a surrogate, its three generalised bytes.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace unio
