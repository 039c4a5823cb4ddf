#include "engine/pointer_value.hpp"

namespace unio {
namespace {

constexpr std::size_t hash_digits = 64;

/// quilt3 and people may leave white space around the hash.
std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(first, last - first + 1);
}

}  // namespace

std::optional<std::string> find_pointer_value(std::string_view content) {
  const std::string_view hash = trimmed(content);
  const bool is_hash =
      hash.size() == hash_digits && hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_hash ? std::optional(std::string(hash)) : std::nullopt;
}

}  // namespace unio
