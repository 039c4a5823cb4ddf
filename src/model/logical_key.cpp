#include "model/logical_key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"

namespace unio {
namespace {

constexpr std::size_t longest_key = 4096;
constexpr std::size_t longest_segment = 255;

/// Which rule the key breaks; empty when none.
std::string_view broken_rule(std::string_view key) {
  if (key.empty()) return "it is empty";
  if (key.size() > longest_key) return "it is longer than 4096 bytes";
  if (key.front() == '/') return "it is absolute";
  if (key.back() == '/') return "it ends in a slash";
  if (key.find('\0') != std::string_view::npos) return "it contains NUL";
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    const std::string_view segment = key.substr(start, end - start);
    if (segment.empty()) return "it has an empty segment";
    if (segment == "." || segment == "..") return "it has a segment '.' or '..'";
    if (segment.size() > longest_segment) return "it has a segment longer than 255 bytes";
    start = end + 1;
  }
  return {};
}

/// A slash sorts before everything else, which keeps what is in a folder together.
int tree_rank(char c) {
  return c == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(c));
}

}  // namespace

void check_logical_key(std::string_view key) {
  const std::string_view rule = broken_rule(key);
  if (rule.empty()) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is no logical key: {}", quoted_key(key), rule),
              "a logical key is a relative path such as 'images/cat.png'");
}

bool is_logical_key(std::string_view key) {
  return broken_rule(key).empty();
}

std::strong_ordering compare_tree_order(std::string_view left, std::string_view right) {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (l == left.end() || r == right.end()) return left.size() <=> right.size();
  return tree_rank(*l) <=> tree_rank(*r);
}

bool is_within(std::string_view key, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (folder.empty()) return true;
  return key.starts_with(folder) && (key.size() == folder.size() || key[folder.size()] == '/');
}

std::string join_key(std::string_view folder, std::string_view rest) {
  std::string key(folder);
  if (!key.empty() && !key.ends_with('/')) key += '/';
  return key += rest;
}

std::string quoted_key(std::string_view key) {
  constexpr std::size_t most_bytes = 200;
  const bool cut = key.size() > most_bytes;
  if (cut) {
    std::size_t end = most_bytes;
    while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) --end;
    key = key.substr(0, end);
  }
  std::string quoted;
  append_json_string(quoted, key, JsonStyle::canonical);
  if (cut) quoted += "…";
  return quoted;
}

}  // namespace unio
