#include "model/value_path.hpp"

#include <fmt/format.h>

#include <array>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "model/logical_key.hpp"
#include "model/time_span.hpp"

namespace unio {
namespace {

constexpr std::size_t longest_slug = 200;
constexpr std::size_t longest_path = 512;

/// What stands for the letters from U+00C0 on, one by one.
constexpr std::uint32_t first_latin = 0xC0;
constexpr std::string_view latin =
    "a a a a a a ae c e e e e i i i i d n o o o o o x o u u u u y th ss a a a a a a ae c e e e e "
    "i i i i d n o o o o o - o u u u u y th y a a a a a a c c c c c c c c d d d d e e e e e e e e "
    "e e g g g g g g g g h h h h i i i i i i i i i i ij ij j j k k k l l l l l l l l l l n n n n "
    "n n n ng ng o o o o o o oe oe r r r r r r s s s s s s s s t t t t t t u u u u u u u u u u u "
    "u w w y y y z z z z z z s ";
constexpr std::uint32_t end_of_latin = 0x180;

/// Marks that go onto the letter before them.
bool is_mark(std::uint32_t code) {
  return code >= 0x300 && code < 0x370;
}

std::string_view latin_letter(std::uint32_t code) {
  static const auto words = [] {
    std::array<std::string_view, end_of_latin - first_latin> split;
    std::size_t start = 0;
    for (std::string_view& word : split) {
      const std::size_t end = latin.find(' ', start);
      word = latin.substr(start, end - start);
      start = end + 1;
    }
    return split;
  }();
  return words[code - first_latin];
}

/// Two bytes of UTF-8 as their code point; 0 for longer ones, which no letter of ours has.
std::uint32_t two_byte_code(std::string_view sequence) {
  if (sequence.size() != 2) return 0;
  return (static_cast<std::uint32_t>(sequence[0] & 0x1F) << 6) |
         static_cast<std::uint32_t>(sequence[1] & 0x3F);
}

/// What a character beyond ASCII becomes before separators are made.
std::string_view plain(std::string_view sequence) {
  const std::uint32_t code = two_byte_code(sequence);
  if (is_mark(code)) return {};
  if (code >= first_latin && code < end_of_latin) return latin_letter(code);
  return "-";
}

std::string to_plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length > 0) {
      out += plain(text.substr(i, length));
      i += length;
      continue;
    }
    const bool between_digits =
        text[i] == ',' && i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
    if (!between_digits) out += text[i];
    ++i;
  }
  return out;
}

Error bad_path(std::string_view text, std::string_view why) {
  return Error(ErrorCode::invalid_argument, fmt::format("{} {}", quoted_key(text), why));
}

void check_path(std::string_view path) {
  if (path.size() > longest_path) throw bad_path(path, fmt::format("has more than {} bytes", longest_path));
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) throw bad_path(path, "has control characters");
  }
  if (!is_utf8(path)) throw bad_path(path, "is not UTF-8");
  if (!is_logical_key(path))
    throw bad_path(path, "must be segments of 1 to 255 bytes, none of them '.' or '..', with '/' between");
}

std::string_view first_segment(std::string_view path) {
  return path.substr(0, path.find('/'));
}

}  // namespace

std::string slug(std::string_view text) {
  std::string out;
  bool separate = false;
  for (const char c : to_plain(text)) {
    if (!is_alphanumeric(c)) {
      separate = !out.empty();
      continue;
    }
    if (separate) out += '-';
    separate = false;
    out += to_lower(c);
  }
  return out;
}

std::string value_file_name(std::string_view name, Time created, std::string_view suffix) {
  std::string digits;
  for (const char c : format_naive_time(created)) {
    if (is_digit(c)) digits += c;
  }
  const std::string start = slug(name).substr(0, longest_slug);
  return suffix.empty() ? fmt::format("{}-{}", start, digits)
                        : fmt::format("{}-{}.{}", start, digits, suffix);
}

std::string numbered_file_name(std::string_view file_name, std::size_t number) {
  const std::size_t slash = file_name.rfind('/');
  const std::size_t start = slash == std::string_view::npos ? 0 : slash + 1;
  const std::size_t dot = file_name.rfind('.');
  const bool has_suffix = dot != std::string_view::npos && dot > start;
  const std::size_t end = has_suffix ? dot : file_name.size();
  return fmt::format("{}-{}{}", file_name.substr(0, end), number, file_name.substr(end));
}

void check_value_name(std::string_view name, std::string_view index) {
  check_path(name);
  const std::string_view first = first_segment(name);
  for (const std::string_view taken :
       {std::string_view(".unio"), std::string_view("repository.json"), std::string_view("project.json"),
        std::string_view("releases.json"), index}) {
    if (first == taken) throw bad_path(name, "cannot name a value: a file of the repository is called so");
  }
}

std::string value_key(std::string_view name, std::string_view file_name) {
  check_path(name);
  check_path(file_name);
  return join_key(name, file_name);
}

}  // namespace unio
