#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// "'a', 'b' and 3 more": the first of `count` names for a message, in quotes. `name(i)` gives the i-th.
template <class Name>
std::string list_of_names(std::size_t count, Name&& name) {
  constexpr std::size_t named_at_most = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(count, named_at_most); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", name(i));
  }
  if (count > named_at_most) text += fmt::format(" and {} more", count - named_at_most);
  return text;
}

inline std::string list_of_names(const std::vector<std::string>& names) {
  return list_of_names(names.size(), [&](std::size_t i) { return std::string_view(names[i]); });
}

}  // namespace unio
