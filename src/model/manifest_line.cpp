#include "model/manifest_line.hpp"

#include <charconv>

#include "model/plain_text.hpp"

namespace unio {
namespace {

/// The members of an entry's row, each a bit.
enum Member : unsigned {
  no_member = 0,
  logical_key = 1,
  physical_keys = 2,
  size = 4,
  hash = 8,
  meta = 16,
  all_members = 31,
};

/// Walks over the JSON text of one line.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool at_end() {
    skip_space();
    return at_ == end_;
  }

  /// A text without escapes and control characters.
  std::optional<std::string_view> plain_string() {
    if (!take('"')) return std::nullopt;
    const char* const begin = at_;
    at_ = skip_plain_text<PlainText::unescaped>(at_, end_);
    if (at_ == end_ || *at_ != '"') return std::nullopt;
    return std::string_view(begin, static_cast<std::size_t>(at_++ - begin));
  }

  /// Takes a member's name and its colon, if it is this one.
  bool take_name(std::string_view name_and_quote) {
    if (!rest().starts_with(name_and_quote)) return false;
    at_ += name_and_quote.size();
    return take(':');
  }

  /// The member whose name comes, by its first letter.
  Member take_member() {
    if (!take('"') || at_ == end_) return no_member;
    switch (*at_) {
      case 'l':
        return take_name("logical_key\"") ? logical_key : no_member;
      case 'p':
        return take_name("physical_keys\"") ? physical_keys : no_member;
      case 's':
        return take_name("size\"") ? size : no_member;
      case 'h':
        return take_name("hash\"") ? hash : no_member;
      case 'm':
        return take_name("meta\"") ? meta : no_member;
      default:
        return no_member;
    }
  }

  std::optional<std::uint64_t> plain_integer() {
    skip_space();
    std::uint64_t value = 0;
    const char* const begin = at_;
    const auto [next, error] = std::from_chars(begin, end_, value);
    if (error != std::errc() || (*begin == '0' && next != begin + 1)) return std::nullopt;
    at_ = next;
    if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) return std::nullopt;
    return value;
  }

  /// An object of any content, and its canonical form. Error invalid_argument for what is no JSON.
  std::optional<std::string_view> object_text(CanonicalJson& canonical, std::string& form) {
    skip_space();
    if (at_ == end_ || *at_ != '{') return std::nullopt;
    if (const auto length = canonical.append_plain(form, rest())) {
      const std::string_view text = rest().substr(0, *length);
      at_ += *length;
      return text;
    }
    const auto text = bracketed_text();
    if (text) canonical.append(form, *text);
    return text;
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }

  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

  /// From a bracket to the one that closes it.
  std::optional<std::string_view> bracketed_text() {
    const char* const begin = at_;
    int depth = 0;
    for (; at_ != end_; ++at_) {
      if (*at_ == '"') {
        if (!skip_string()) return std::nullopt;
      } else if (*at_ == '{' || *at_ == '[') {
        ++depth;
      } else if ((*at_ == '}' || *at_ == ']') && --depth == 0) {
        ++at_;
        return std::string_view(begin, static_cast<std::size_t>(at_ - begin));
      }
    }
    return std::nullopt;
  }

  /// From the opening to the closing quote, which stays under the cursor.
  bool skip_string() {
    for (++at_; at_ != end_; ++at_) {
      if (*at_ == '"') return true;
      if (*at_ == '\\' && ++at_ == end_) return false;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

/// Only with the type before the value, as all tools write it: another order could not be written back.
bool read_hash(Scanner& scanner, ManifestRow& row) {
  if (!scanner.take('{') || !scanner.take('"') || !scanner.take_name("type\"")) return false;
  const auto type = scanner.plain_string();
  if (!type || !scanner.take(',') || !scanner.take('"') || !scanner.take_name("value\"")) return false;
  const auto value = scanner.plain_string();
  if (!value || !scanner.take('}')) return false;
  const auto digest_type = find_digest_type(*type);
  if (!digest_type) return false;
  row.entry.digest = Digest::parse(*digest_type, *value);
  return row.entry.digest.has_value();
}

bool read_meta(Scanner& scanner, CanonicalJson& canonical, ManifestRow& row) {
  const auto text = scanner.object_text(canonical, row.canonical_meta);
  if (!text) return false;
  if (row.canonical_meta == "{}") {
    row.canonical_meta.clear();
  } else {
    row.entry.meta = *text;
  }
  return true;
}

bool read_member(Member member, Scanner& scanner, CanonicalJson& canonical, ManifestRow& row) {
  switch (member) {
    case logical_key: {
      const auto key = scanner.plain_string();
      row.entry.key = key.value_or("");
      return key.has_value();
    }
    case physical_keys: {
      if (!scanner.take('[')) return false;
      const auto url = scanner.plain_string();
      row.entry.url = url.value_or("");
      return url && !url->empty() && scanner.take(']');
    }
    case size: {
      const auto bytes = scanner.plain_integer();
      row.entry.size = bytes.value_or(0);
      return bytes.has_value();
    }
    case hash:
      return read_hash(scanner, row);
    case meta:
      return read_meta(scanner, canonical, row);
    default:
      return false;
  }
}

}  // namespace

bool read_plain_row(std::string_view line, CanonicalJson& canonical, ManifestRow& row) {
  row.entry = {};
  row.canonical_meta.clear();
  row.folder.reset();
  Scanner scanner(line);
  if (!scanner.take('{')) return false;
  for (unsigned seen = 0; seen != all_members;) {
    if (seen != 0 && !scanner.take(',')) return false;
    const Member member = scanner.take_member();
    if ((seen & member) != 0 || !read_member(member, scanner, canonical, row)) return false;
    seen |= member;
  }
  return scanner.take('}') && scanner.at_end();
}

}  // namespace unio
