#include "model/python_names.hpp"

#include <initializer_list>

#include "base/ascii.hpp"

namespace unio {
namespace {

bool is_separator(char c) {
  return c == '-' || c == '_' || c == '.';
}

/// Takes a version apart from its front.
class VersionReader {
 public:
  explicit VersionReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool take_digits() {
    const std::string_view before = rest_;
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() < before.size();
  }

  /// `1.2.3`, with an epoch before it: `1!1.2`.
  bool take_release() {
    take("v");
    if (!take_digits()) return false;
    if (take("!") && !take_digits()) return false;
    while (rest_.size() > 1 && rest_[0] == '.' && is_digit(rest_[1])) {
      rest_.remove_prefix(1);
      take_digits();
    }
    return true;
  }

  /// One of the words with an optional number: `rc1`, `.post2`, `-dev`. Takes nothing when none stands here.
  void take_part(std::initializer_list<std::string_view> words) {
    const std::string_view before = rest_;
    take_separator();
    for (const std::string_view word : words) {
      if (!take(word)) continue;
      take_separator();
      take_digits();
      return;
    }
    rest_ = before;
  }

  /// `-1` is a post-release.
  void take_bare_post() {
    if (rest_.size() < 2 || rest_[0] != '-' || !is_digit(rest_[1])) return;
    rest_.remove_prefix(1);
    take_digits();
  }

  /// `+cu121`
  bool take_local() {
    if (!take("+")) return true;
    bool part = false;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      if (!is_alphanumeric(rest_.front()) && !(is_separator(rest_.front()) && part)) return false;
      part = is_alphanumeric(rest_.front());
    }
    return part;
  }

 private:
  void take_separator() {
    if (!rest_.empty() && is_separator(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

std::string normalized_package_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (!is_separator(c)) {
      result += to_lower(c);
    } else if (result.empty() || result.back() != '-') {
      result += '-';
    }
  }
  return result;
}

bool is_python_version(std::string_view text) {
  const std::string lower = to_lower(trimmed(text));
  VersionReader reader(lower);
  if (!reader.take_release()) return false;
  reader.take_part({"alpha", "a", "beta", "b", "preview", "pre", "c", "rc"});
  reader.take_bare_post();
  reader.take_part({"post", "rev", "r"});
  reader.take_part({"dev"});
  return reader.take_local() && reader.at_end();
}

}  // namespace unio
