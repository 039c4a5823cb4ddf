#include "base/json_parser.hpp"

#include <fmt/format.h>

#include <locale.h>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"

namespace unio {
namespace {

constexpr std::size_t max_depth = 512;
/// Python refuses longer ones, because reading them takes time in their square.
constexpr std::size_t max_integer_digits = 4300;

/// The letters of a text that stand for themselves: ASCII, without what ends a text, escapes or controls.
constexpr auto plain_letters = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool is_plain(char c) {
  return plain_letters[static_cast<unsigned char>(c)];
}

Json integer(std::string_view digits) {
  if (digits == "-0") return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc()) return value;
  return BigInteger{std::string(digits)};
}

Json real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return value;
  // Out of range: strtod gives the infinity or the zero that Python gives. The program's locale may write a
  // comma.
  static const ::locale_t c_locale = ::newlocale(LC_ALL_MASK, "C", nullptr);
  return ::strtod_l(std::string(text).c_str(), nullptr, c_locale);
}

}  // namespace

Json Json::parse(std::string_view text) {
  return JsonParser(text).parse();
}

Json JsonParser::parse() {
  skip_space();
  Json result;
  value(result);
  skip_space();
  if (position_ != text_.size()) fail("something follows the value");
  return result;
}

void JsonParser::fail(std::string_view why) const {
  throw Error(ErrorCode::invalid_argument, fmt::format("no JSON at byte {}: {}", position_, why));
}

void JsonParser::skip_space() {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (position_ < text_.size() && is_space(text_[position_])) ++position_;
}

bool JsonParser::take(char c) {
  if (position_ >= text_.size() || text_[position_] != c) return false;
  ++position_;
  return true;
}

bool JsonParser::take_word(std::string_view word) {
  if (!text_.substr(position_).starts_with(word)) return false;
  position_ += word.size();
  return true;
}

void JsonParser::value(Json& out) {
  if (position_ == text_.size()) fail("a value is missing");
  switch (text_[position_]) {
    case '{':
      return object(out.value_.emplace<Json::Object>());
    case '[':
      return array(out.value_.emplace<Json::Array>());
    case '"':
      return string(out.value_.emplace<std::string>());
    default:
      out = word_or_number();
  }
}

Json JsonParser::word_or_number() {
  if (take_word("null")) return nullptr;
  if (take_word("true")) return true;
  if (take_word("false")) return false;
  if (take_word("NaN")) return std::numeric_limits<double>::quiet_NaN();
  if (take_word("Infinity")) return std::numeric_limits<double>::infinity();
  if (take_word("-Infinity")) return -std::numeric_limits<double>::infinity();
  return number();
}

void JsonParser::array(Json::Array& out) {
  if (++depth_ > max_depth) fail("nested too deeply");
  ++position_;
  skip_space();
  if (!take(']')) {
    for (;;) {
      skip_space();
      value(out.emplace_back());
      skip_space();
      if (take(']')) break;
      if (!take(',')) fail("a comma or ] is missing");
    }
  }
  --depth_;
}

void JsonParser::object(Json::Object& out) {
  if (++depth_ > max_depth) fail("nested too deeply");
  ++position_;
  std::vector<Json::Member> members;
  skip_space();
  if (!take('}')) {
    for (;;) {
      skip_space();
      if (position_ == text_.size() || text_[position_] != '"') fail("a member's name is missing");
      Json::Member& member = members.emplace_back();
      string(member.first);
      skip_space();
      if (!take(':')) fail("a colon is missing");
      skip_space();
      value(member.second);
      skip_space();
      if (take('}')) break;
      if (!take(',')) fail("a comma or } is missing");
    }
  }
  out = Json::Object(std::move(members));
  --depth_;
}

Json JsonParser::number() {
  const std::size_t start = position_;
  take('-');
  const std::size_t digits = position_;
  while (position_ < text_.size() && is_digit(text_[position_])) ++position_;
  const std::size_t count = position_ - digits;
  if (count == 0) {
    position_ = start;
    fail("this is no value");
  }
  // Python reads "01" as 0 and then stumbles over the rest; so do we, in the caller.
  if (text_[digits] == '0' && count > 1) {
    position_ = digits + 1;
    fail("a number must not begin with 0");
  }
  bool is_real = false;
  const auto at_digit = [&](std::size_t i) { return i < text_.size() && is_digit(text_[i]); };
  if (position_ < text_.size() && text_[position_] == '.' && at_digit(position_ + 1)) {
    is_real = true;
    for (++position_; at_digit(position_); ++position_) {
    }
  }
  if (position_ < text_.size() && (text_[position_] == 'e' || text_[position_] == 'E')) {
    std::size_t exponent = position_ + 1;
    if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
    if (at_digit(exponent)) {
      is_real = true;
      for (position_ = exponent; at_digit(position_); ++position_) {
      }
    }
  }
  const std::string_view text = text_.substr(start, position_ - start);
  if (is_real) return real(text);
  if (count > max_integer_digits) fail("an integer of so many digits");
  return integer(text);
}

void JsonParser::string(std::string& out) {
  ++position_;
  for (;;) {
    std::size_t plain = position_;
    while (plain < text_.size() && is_plain(text_[plain])) ++plain;
    out.append(text_, position_, plain - position_);
    position_ = plain;
    if (position_ == text_.size()) fail("a text does not end");
    if (take('"')) return;
    if (take('\\')) {
      escape(out);
    } else if (static_cast<unsigned char>(text_[position_]) < 0x20) {
      fail("a control character in a text");
    } else {
      copy_utf8(out);
    }
  }
}

void JsonParser::copy_utf8(std::string& out) {
  const std::size_t length = utf8_length(text_.substr(position_));
  if (length == 0) fail("this is not UTF-8");
  out.append(text_, position_, length);
  position_ += length;
}

std::uint32_t JsonParser::hex4() {
  std::uint32_t code = 0;
  const char* first = text_.data() + position_;
  if (position_ + 4 > text_.size()) fail("\\u needs four hex digits");
  const auto [end, error] = std::from_chars(first, first + 4, code, 16);
  if (error != std::errc() || end != first + 4) fail("\\u needs four hex digits");
  position_ += 4;
  return code;
}

void JsonParser::escape(std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (position_ == text_.size()) fail("a text does not end");
  const char letter = text_[position_];
  if (const auto found = letters.find(letter); found != std::string_view::npos) {
    ++position_;
    out += meanings[found];
    return;
  }
  if (!take('u')) fail("no such escape");
  std::uint32_t code = hex4();
  const bool high = code >= 0xD800 && code <= 0xDBFF;
  if (high && text_.substr(position_).starts_with("\\u")) {
    const std::size_t before = position_;
    position_ += 2;
    const std::uint32_t low = hex4();
    if (low >= 0xDC00 && low <= 0xDFFF) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else {
      position_ = before;
    }
  }
  append_utf8(out, code);
}

}  // namespace unio
