#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace unio {

/// More of a pointer is not looked at.
inline constexpr std::uint64_t longest_pointer = 4096;

/// The top hash in the content of a pointer, around which white space may stand; absent when there is none.
std::optional<std::string> find_pointer_value(std::string_view content);

}  // namespace unio
