#include "model/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace unio {
namespace {

constexpr std::array<std::string_view, 9> reserved_words{"y",     "n",  "yes", "no",  "true",
                                                         "false", "on", "off", "null"};
/// No file of ours is deeper: a mapping of lists of mappings.
constexpr int deepest_simple = 4;

bool is_reserved_word(std::string_view text) {
  if (text.size() > 5) return false;
  return std::find(reserved_words.begin(), reserved_words.end(), to_lower(text)) != reserved_words.end();
}

bool is_plain_text(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '/' || c == '-';
  });
  return plain && !is_reserved_word(text);
}

/// The code point of a UTF-8 sequence beyond ASCII.
std::uint32_t code_point(std::string_view sequence) {
  constexpr std::array<unsigned, 5> first_bits{0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(sequence.front()) & first_bits[sequence.size()];
  for (const char c : sequence.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
}

/// What may stand in a YAML file as it is, except the line breaks and the byte order mark.
bool is_printable(std::uint32_t code) {
  const bool line_break = code == 0x2028 || code == 0x2029;
  return code >= 0xA0 && code != 0xFEFF && code != 0xFFFE && code != 0xFFFF && !line_break;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
}

bool needs_no_escape(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/// Reads what append_yaml_text and the writer of metadata make, line by line.
class SimpleYaml {
 public:
  explicit SimpleYaml(std::string_view text) : rest_(text) {}

  std::optional<Json> read() {
    next_line();
    Json value = block(0, 0);
    if (failed_ || !line_.empty() || !rest_.empty()) return std::nullopt;
    return value;
  }

 private:
  Json fail() {
    failed_ = true;
    return {};
  }

  /// The line without its indentation; empty at the end.
  void next_line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      failed_ = failed_ || !rest_.empty();
      line_ = {};
      return;
    }
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    indent_ = std::min(line_.find_first_not_of(' '), line_.size());
    line_.remove_prefix(indent_);
    failed_ = failed_ || line_.empty();
  }

  bool is_item() const { return line_.starts_with("- "); }

  Json block(std::size_t indent, int depth) {
    if (failed_ || depth > deepest_simple || line_.empty() || indent_ != indent) return fail();
    return is_item() ? list(indent, depth) : mapping(indent, depth);
  }

  Json list(std::size_t indent, int depth) {
    Json::Array items;
    while (!failed_ && !line_.empty() && indent_ == indent && is_item()) {
      line_.remove_prefix(2);
      indent_ += 2;
      if (find_key()) {
        items.push_back(mapping(indent + 2, depth + 1));
      } else {
        items.push_back(scalar());
        next_line();
      }
    }
    return items;
  }

  Json mapping(std::size_t indent, int depth) {
    Json::Object members;
    while (!failed_ && !line_.empty() && indent_ == indent && !is_item()) {
      auto key = find_key();
      if (!key) return fail();
      line_.remove_prefix(key_length_);
      members.set(*std::move(key), member(indent, depth));
    }
    return members;
  }

  /// What stands behind a key, in its line or in those below.
  Json member(std::size_t indent, int depth) {
    if (line_.starts_with(' ')) {
      line_.remove_prefix(1);
      Json value = scalar();
      next_line();
      return value;
    }
    if (!line_.empty()) return fail();
    next_line();
    return block(is_item() && indent_ == indent ? indent : indent + 2, depth + 1);
  }

  /// The key that the line begins with; its length, with the colon, is left in key_length_.
  std::optional<std::string> find_key() {
    std::optional<std::string> key;
    if (line_.starts_with('"')) {
      std::string_view behind = line_;
      key = quoted(behind);
      if (!key || !behind.starts_with(':')) return std::nullopt;
      key_length_ = line_.size() - behind.size() + 1;
    } else {
      const std::size_t colon = line_.find(':');
      if (colon == std::string_view::npos || !is_plain_text(line_.substr(0, colon))) return std::nullopt;
      key = std::string(line_.substr(0, colon));
      key_length_ = colon + 1;
    }
    const bool ends = key_length_ == line_.size() || line_[key_length_] == ' ';
    return ends ? key : std::nullopt;
  }

  Json scalar() {
    if (line_ == "[]") return Json::Array();
    if (line_ == "{}") return Json::object();
    if (line_.starts_with('"')) {
      auto text = quoted(line_);
      return text && line_.empty() ? Json(*std::move(text)) : fail();
    }
    const bool is_number_or_time = !line_.empty() && is_digit(line_.front()) &&
                                   line_.find_first_not_of("0123456789:+. -") == std::string_view::npos &&
                                   line_.back() != ' ' && line_.back() != ':';
    const bool is_flag = line_ == "true" || line_ == "false";
    return is_plain_text(line_) || is_number_or_time || is_flag ? Json(line_) : fail();
  }

  /// A text in double quotes that `from` begins with, and takes it from there.
  static std::optional<std::string> quoted(std::string_view& from) {
    std::string text;
    from.remove_prefix(1);
    for (;;) {
      const std::size_t end = from.find_first_of("\"\\");
      if (end == std::string_view::npos) return std::nullopt;
      text += from.substr(0, end);
      const bool closes = from[end] == '"';
      from.remove_prefix(end + 1);
      if (closes) return is_utf8(text) ? std::optional(std::move(text)) : std::nullopt;
      if (!unescape(text, from)) return std::nullopt;
    }
  }

  static bool unescape(std::string& text, std::string_view& from) {
    constexpr std::string_view letters = "\"\\ntr", meanings = "\"\\\n\t\r";
    if (from.empty()) return false;
    const std::size_t simple = letters.find(from.front());
    if (simple != std::string_view::npos) {
      text += meanings[simple];
      from.remove_prefix(1);
      return true;
    }
    constexpr std::size_t hex_digits = 4;
    if (from.front() != 'u' || from.size() <= hex_digits) return false;
    std::uint32_t code = 0;
    const char* const digits = from.data() + 1;
    const auto [end, error] = std::from_chars(digits, digits + hex_digits, code, 16);
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    if (error != std::errc() || end != digits + hex_digits || surrogate || code == 0) return false;
    append_utf8(text, code);
    from.remove_prefix(hex_digits + 1);
    return true;
  }

  std::string_view rest_;
  std::string_view line_;
  std::size_t indent_ = 0;
  std::size_t key_length_ = 0;
  bool failed_ = false;
};

}  // namespace

void append_yaml_text(std::string& out, std::string_view text) {
  if (is_plain_text(text)) {
    out += text;
    return;
  }
  out += '"';
  while (!text.empty()) {
    const auto* const plain_end = std::find_if_not(text.begin(), text.end(), needs_no_escape);
    const auto plain = static_cast<std::size_t>(plain_end - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      append_escaped(out, text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::uint32_t code = code_point(text.substr(0, length));
    if (is_printable(code)) {
      out += text.substr(0, length);
    } else {
      out += fmt::format("\\u{:04x}", code);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

std::optional<Json> find_simple_yaml(std::string_view text) {
  return SimpleYaml(text).read();
}

}  // namespace unio
