#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// The parts of a text between dividers, without the empty ones.
inline std::vector<std::string> split(std::string_view text, char divider) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto size = std::min(text.find(divider), text.size());
    if (size > 0) parts.emplace_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return parts;
}

}  // namespace unio
