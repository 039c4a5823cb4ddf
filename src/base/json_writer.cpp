#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.hpp"

namespace unio {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_escape(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex_digits[(unit >> shift) & 0xF];
}

/// The code point that starts at `position` in (generalised) UTF-8; moves `position` behind it. The text was
/// validated when it came in.
std::uint32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(position);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (position + length > text.size()) {
    position = text.size();
    return 0xFFFD;
  }
  std::uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (byte(position + i) & 0x3F);
  position += length;
  return code;
}

bool is_surrogate(std::uint32_t code) {
  return code >= 0xD800 && code <= 0xDFFF;
}

void append_ascii(std::string& out, std::uint32_t code) {
  if (code >= 0x10000) {
    append_escape(out, 0xD800 + ((code - 0x10000) >> 10));
    append_escape(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
  } else {
    append_escape(out, code);
  }
}

/// Escapes that both of Python's writers use; false when there is none for this byte.
bool append_short_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return true;
    case '\\':
      out += "\\\\";
      return true;
    case '\b':
      out += "\\b";
      return true;
    case '\f':
      out += "\\f";
      return true;
    case '\n':
      out += "\\n";
      return true;
    case '\r':
      out += "\\r";
      return true;
    case '\t':
      out += "\\t";
      return true;
    default:
      return false;
  }
}

constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

bool is_plain(char c) {
  return plain_bytes[static_cast<unsigned char>(c)];
}

struct Separators {
  std::string_view item;
  std::string_view member;
};

Separators separators(JsonStyle style) {
  switch (style) {
    case JsonStyle::compact:
    case JsonStyle::canonical:
      return {",", ":"};
    case JsonStyle::python:
      return {", ", ": "};
    case JsonStyle::pretty:
      return {",", ": "};
  }
  return {",", ":"};
}

class Writer {
 public:
  Writer(std::string& out, JsonStyle style) : out_(out), style_(style), separators_(separators(style)) {}

  void write(const Json& value) {
    if (value.is_null()) {
      out_ += "null";
    } else if (const bool* flag = value.if_bool()) {
      out_ += *flag ? "true" : "false";
    } else if (const std::int64_t* integer = value.if_integer()) {
      out_ += fmt::format_int(*integer).str();
    } else if (const BigInteger* big = value.if_big_integer()) {
      out_ += big->digits;
    } else if (const double* number = value.if_double()) {
      append_json_double(out_, *number);
    } else if (const std::string* text = value.if_string()) {
      append_json_string(out_, *text, style_);
    } else if (const Json::Array* array = value.if_array()) {
      write_array(*array);
    } else {
      write_object(*value.if_object());
    }
  }

 private:
  void new_line() {
    if (style_ == JsonStyle::pretty) out_.append(1, '\n').append(2 * depth_, ' ');
  }

  void write_array(const Json::Array& array) {
    out_ += '[';
    ++depth_;
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out_ += separators_.item;
      new_line();
      write(array[i]);
    }
    --depth_;
    if (!array.empty()) new_line();
    out_ += ']';
  }

  void write_object(const Json::Object& object) {
    std::vector<const Json::Member*> members;
    members.reserve(object.size());
    for (const Json::Member& member : object) members.push_back(&member);
    if (style_ == JsonStyle::canonical) {
      // Bytes of UTF-8, lone surrogates included, sort as code points do.
      std::sort(members.begin(), members.end(),
                [](auto* left, auto* right) { return left->first < right->first; });
    }
    out_ += '{';
    ++depth_;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += separators_.item;
      new_line();
      append_json_string(out_, members[i]->first, style_);
      out_ += separators_.member;
      write(members[i]->second);
    }
    --depth_;
    if (!members.empty()) new_line();
    out_ += '}';
  }

  std::string& out_;
  JsonStyle style_;
  Separators separators_;
  std::size_t depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text, JsonStyle style) {
  const bool ascii = style == JsonStyle::canonical;
  out += '"';
  for (std::size_t position = 0; position < text.size();) {
    std::size_t plain = position;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.append(text, position, plain - position);
    position = plain;
    if (position == text.size()) break;
    if (append_short_escape(out, text[position])) {
      ++position;
      continue;
    }
    const std::size_t start = position;
    const std::uint32_t code = next_code_point(text, position);
    // A lone surrogate has no UTF-8; only an escape keeps it.
    if (ascii || code < 0x20 || is_surrogate(code)) {
      append_ascii(out, code);
    } else {
      out.append(text, start, position - start);
    }
  }
  out += '"';
}

void append_json_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  // Python writes an exponent when the decimal exponent is below -4 or at least 16.
  constexpr int least_exponent = -4;
  constexpr int exponent_limit = 16;
  std::array<char, 64> buffer{};
  auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto e = scientific.find('e');
  int exponent = 0;
  const char* digits = scientific.data() + e + 1;
  if (*digits == '+') ++digits;
  std::from_chars(digits, end, exponent);
  if (exponent < least_exponent || exponent >= exponent_limit) {
    out += scientific;
    return;
  }
  std::array<char, 64> plain{};
  end = std::to_chars(plain.data(), plain.data() + plain.size(), value, std::chars_format::fixed).ptr;
  const std::string_view text(plain.data(), static_cast<std::size_t>(end - plain.data()));
  out += text;
  if (text.find('.') == std::string_view::npos) out += ".0";
}

void Json::dump_to(std::string& out, JsonStyle style) const {
  Writer(out, style).write(*this);
}

std::string Json::dump(JsonStyle style) const {
  std::string out;
  dump_to(out, style);
  return out;
}

}  // namespace unio
