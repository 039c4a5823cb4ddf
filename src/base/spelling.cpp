#include "base/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace unio {
namespace {

/// How many letters to change, add, leave out or swap with their neighbour: the optimal string alignment
/// distance, with three rows at a time.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> two_before(right.size() + 1);
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(before.begin(), before.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t substitution = before[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], two_before[j - 2] + 1);
    }
    std::swap(two_before, before);
    std::swap(before, row);
  }
  return before.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates) {
  const std::size_t limit = std::max<std::size_t>(1, std::min<std::size_t>(3, text.size() / 3));
  std::size_t best = limit + 1;
  std::optional<std::string> result;
  for (const std::string& candidate : candidates) {
    if (const std::size_t distance = edit_distance(text, candidate); distance < best) {
      best = distance;
      result = candidate;
    }
  }
  return result;
}

}  // namespace unio
