#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// The candidate that `text` is most likely a misspelling of: the nearest by edit distance, if it is near.
std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace unio
