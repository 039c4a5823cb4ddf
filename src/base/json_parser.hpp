#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace unio {

/// Parses one JSON text as Python's json module does; see Json::parse. Used once.
class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  Json parse();

 private:
  [[noreturn]] void fail(std::string_view why) const;
  void skip_space();
  bool take(char c);
  bool take_word(std::string_view word);
  // These fill a value where it stays: moving one about takes as long as reading it.
  void value(Json& out);
  void object(Json::Object& out);
  void array(Json::Array& out);
  void string(std::string& out);
  Json word_or_number();
  Json number();
  void escape(std::string& out);
  std::uint32_t hex4();
  void copy_utf8(std::string& out);

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace unio
