#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// Turns JSON texts into the canonical form that top hashes are made of (docs/formats/manifest.md). Keeps its
/// buffers from text to text; not thread-safe.
class CanonicalJson {
 public:
  /// Appends the canonical form of one JSON text. Error invalid_argument for what Json::parse refuses.
  void append(std::string& out, std::string_view json);

  /// The same for the value that `text` begins with, when it is written plainly, as most metadata is: texts
  /// without escapes, integers, other numbers just as canonical form writes them. One pass, without making
  /// values of it. Returns how long the value is in `text`; nothing, and leaves `out` alone, when it is not
  /// that plain, longer than quilt3 takes, or no JSON.
  std::optional<std::size_t> append_plain(std::string& out, std::string_view text);

 private:
  class Pass;

  struct Member {
    std::string_view name;
    std::size_t begin;  ///< where `"name":value` is in the output
    std::size_t end;
  };

  std::vector<Member> members_;
  std::string sorted_;
  std::string number_;
};

}  // namespace unio
