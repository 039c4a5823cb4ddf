#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// Keys, each with everything that lies in it; built once, asked in logarithmic time. Immutable; thread-safe.
class KeySet {
 public:
  /// Keys with or without a slash at the end, in any order. The empty key is everything.
  explicit KeySet(std::vector<std::string> keys);

  /// Whether `key` is one of the keys or lies in one.
  bool covers(std::string_view key) const;

 private:
  std::vector<std::string> keys_;  ///< in tree order, none in another
};

}  // namespace unio
