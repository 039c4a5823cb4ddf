#include "native/read_ahead.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace unio::python {
namespace {

constexpr std::size_t begins_after = 4;
constexpr std::size_t first_window = 4;
constexpr std::size_t largest_window = 64;
constexpr std::uint64_t most_bytes = std::uint64_t{8} << 20;

}  // namespace

void ReadAhead::State::reached(std::size_t index) {
  if (index != next) {
    in_row = window = 0;
    early.clear();
  }
  in_row += 1;
  next = index + 1;
}

std::optional<std::string> ReadAhead::take(std::size_t index) {
  auto state = state_.lock();
  const auto found = state->early.find(index);
  if (found == state->early.end()) return std::nullopt;
  std::string content = std::move(found->second);
  state->early.erase(found);
  state->in_row += 1;
  state->next = index + 1;
  return content;
}

std::size_t ReadAhead::count_from(const Manifest& manifest, std::size_t index) {
  auto state = state_.lock();
  state->reached(index);
  if (state->in_row <= begins_after) return 1;
  state->window = state->window == 0 ? first_window : std::min(state->window * 2, largest_window);
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  while (count < state->window && index + count < manifest.size()) {
    bytes += manifest[index + count].size();
    if (bytes > most_bytes) break;
    count += 1;
  }
  return std::max<std::size_t>(count, 1);
}

void ReadAhead::put(std::size_t index, std::string content) {
  state_.lock()->early.insert_or_assign(index, std::move(content));
}

}  // namespace unio::python
