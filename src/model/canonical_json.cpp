#include "model/canonical_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "model/plain_text.hpp"

namespace unio {

/// One run over a text. Writes through a pointer, into room for the longest form there can be.
class CanonicalJson::Pass {
 public:
  Pass(CanonicalJson& buffers, std::string_view text, char* out)
      : buffers_(buffers), at_(text.data()), end_(text.data() + text.size()), begin_(out), to_(out) {}

  bool value(int depth) {
    skip_space();
    switch (peek()) {
      case '"':
        return string();
      case '{':
        return depth < max_depth && object(depth + 1);
      case '[':
        return depth < max_depth && array(depth + 1);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  const char* read_end() const { return at_; }
  const char* write_end() const { return to_; }

 private:
  static constexpr int max_depth = 32;
  static constexpr int most_digits = 100;

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }

  char peek() const { return at_ != end_ ? *at_ : '\0'; }

  bool take(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  void put(const char* from, const char* to) {
    std::memcpy(to_, from, static_cast<std::size_t>(to - from));
    to_ += to - from;
  }

  bool word(std::string_view expected) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected)) return false;
    put(at_, at_ + expected.size());
    at_ += expected.size();
    return true;
  }

  bool string() {
    *to_++ = '"';
    ++at_;
    for (;;) {
      const char* const begin = at_;
      at_ = skip_plain_text<PlainText::ascii_only>(at_, end_);
      put(begin, at_);
      if (peek() == '"') break;
      if (static_cast<unsigned char>(peek()) < 0x7F || !other_character()) return false;
    }
    ++at_;
    *to_++ = '"';
    return true;
  }

  /// DEL, or one that is no ASCII.
  bool other_character() {
    const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
    const std::size_t length = peek() == '\x7F' ? 1 : utf8_length(rest);
    if (length == 0) return false;
    std::uint32_t code = static_cast<unsigned char>(rest[0]) & (length == 1 ? 0x7FU : 0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i)
      code = (code << 6) | (static_cast<unsigned char>(rest[i]) & 0x3FU);
    at_ += length;
    if (code >= 0x10000) {
      escape(0xD800 + ((code - 0x10000) >> 10));
      escape(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      escape(code);
    }
    return true;
  }

  void escape(std::uint32_t unit) {
    *to_++ = '\\';
    *to_++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *to_++ = "0123456789abcdef"[(unit >> shift) & 0xF];
  }

  bool number() {
    const char* const begin = at_;
    if (peek() == '-') ++at_;
    const char* const digits = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    if (at_ == digits || at_ - digits > most_digits) return false;
    if (peek() == '.' || peek() == 'e') return real(begin);
    const bool leading_zero = *digits == '0' && at_ - begin > 1;
    if (leading_zero || peek() == 'E') return false;
    put(begin, at_);
    return true;
  }

  /// Only one that is written as canonical form writes it, as Python does.
  bool real(const char* begin) {
    double value = 0;
    const auto [end, error] = std::from_chars(begin, end_, value);
    if (error != std::errc()) return false;
    std::string& form = buffers_.number_;
    form.clear();
    append_json_double(form, value);
    if (form != std::string_view(begin, static_cast<std::size_t>(end - begin))) return false;
    at_ = end;
    put(begin, at_);
    return true;
  }

  bool array(int depth) {
    ++at_;
    *to_++ = '[';
    if (!take(']')) {
      do {
        if (!value(depth)) return false;
        skip_space();
        *to_++ = peek();
      } while (take(','));
      return take(']');
    }
    *to_++ = ']';
    return true;
  }

  bool object(int depth) {
    ++at_;
    *to_++ = '{';
    const std::size_t first = buffers_.members_.size();
    if (!take('}')) {
      do {
        if (!member(depth)) return false;
        *to_++ = ',';
      } while (take(','));
      if (!take('}')) return false;
      --to_;
      if (!put_in_order(first)) return false;
      buffers_.members_.resize(first);
    }
    *to_++ = '}';
    return true;
  }

  bool member(int depth) {
    skip_space();
    const char* const name = at_ + 1;
    const auto begin = static_cast<std::size_t>(to_ - begin_);
    if (peek() != '"' || !string()) return false;
    const auto length = static_cast<std::size_t>(at_ - name - 1);
    if (!take(':')) return false;
    *to_++ = ':';
    if (!value(depth)) return false;
    buffers_.members_.push_back({{name, length}, begin, static_cast<std::size_t>(to_ - begin_)});
    return true;
  }

  /// Brings the members from `first` on, the last written, into the order of their names. False for a
  /// repeated name.
  bool put_in_order(std::size_t first) {
    const auto begin = buffers_.members_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = buffers_.members_.end();
    const auto not_before = [](const Member& left, const Member& right) { return left.name >= right.name; };
    if (std::adjacent_find(begin, end, not_before) == end) return true;
    const std::size_t body = begin->begin;
    std::sort(begin, end, [](const Member& left, const Member& right) { return left.name < right.name; });
    if (std::adjacent_find(begin, end, not_before) != end) return false;
    std::string& sorted = buffers_.sorted_;
    sorted.clear();
    for (auto m = begin; m != end; ++m) {
      if (m != begin) sorted += ',';
      sorted.append(begin_ + m->begin, m->end - m->begin);
    }
    std::memcpy(begin_ + body, sorted.data(), sorted.size());
    return true;
  }

  CanonicalJson& buffers_;
  const char* at_;
  const char* end_;
  char* begin_;
  char* to_;
};

std::optional<std::size_t> CanonicalJson::append_plain(std::string& out, std::string_view text) {
  // DEL becomes six characters, and a comma may be written before the end of an object is seen.
  constexpr std::size_t growth = 6;
  constexpr std::size_t longest = std::size_t{1} << 20;
  if (text.size() > longest) return std::nullopt;
  const std::size_t before = out.size();
  out.resize(before + growth * text.size() + 1);
  members_.clear();
  Pass pass(*this, text, out.data() + before);
  const bool plain = pass.value(0);
  out.resize(plain ? static_cast<std::size_t>(pass.write_end() - out.data()) : before);
  if (!plain) return std::nullopt;
  return static_cast<std::size_t>(pass.read_end() - text.data());
}

void CanonicalJson::append(std::string& out, std::string_view json) {
  const std::size_t before = out.size();
  const auto length = append_plain(out, json);
  if (length && json.find_first_not_of(" \t", *length) == std::string_view::npos) return;
  out.resize(before);
  Json::parse(json).dump_to(out, JsonStyle::canonical);
}

}  // namespace unio
