#include "model/manifest_line.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"

namespace unio {
namespace {

/// Walks over the JSON text of one line.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }

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
    const char* begin = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    if (at_ == end_ || *at_ != '"') return std::nullopt;
    return std::string_view(begin, static_cast<std::size_t>(at_++ - begin));
  }

  std::optional<std::uint64_t> plain_integer() {
    skip_space();
    std::uint64_t value = 0;
    const auto [next, error] = std::from_chars(at_, end_, value);
    if (error != std::errc() || (*at_ == '0' && next != at_ + 1)) return std::nullopt;
    at_ = next;
    if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) return std::nullopt;
    return value;
  }

  /// The text of an object, whatever is in it; its brackets match.
  std::optional<std::string_view> object_text() {
    skip_space();
    const char* begin = at_;
    if (at_ == end_ || *at_ != '{') return std::nullopt;
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

 private:
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

bool read_hash(Scanner& scanner, ManifestRow& row) {
  std::optional<std::string_view> type;
  std::optional<std::string_view> value;
  if (!scanner.take('{')) return false;
  for (int i = 0; i < 2; ++i) {
    if (i > 0 && !scanner.take(',')) return false;
    const auto member = scanner.plain_string();
    if (!member || !scanner.take(':')) return false;
    auto& target = *member == "type" ? type : value;
    if ((*member != "type" && *member != "value") || target) return false;
    target = scanner.plain_string();
    if (!target) return false;
  }
  if (!scanner.take('}') || !type || !value) return false;
  const auto digest_type = find_digest_type(*type);
  if (!digest_type) return false;
  row.entry.digest = Digest::parse(*digest_type, *value);
  return row.entry.digest.has_value();
}

bool is_empty_object(std::string_view text) { return text.find_first_not_of(" \t", 1) == text.size() - 1; }

bool read_member(Scanner& scanner, std::string_view name, ManifestRow& row) {
  if (name == "logical_key") {
    const auto key = scanner.plain_string();
    if (key) row.entry.key = *key;
    return key.has_value();
  }
  if (name == "physical_keys") {
    if (!scanner.take('[')) return false;
    const auto url = scanner.plain_string();
    if (url) row.entry.url = *url;
    return url && !url->empty() && scanner.take(']');
  }
  if (name == "size") {
    const auto size = scanner.plain_integer();
    row.entry.size = size.value_or(0);
    return size.has_value();
  }
  if (name == "hash") return read_hash(scanner, row);
  const auto meta = scanner.object_text();
  if (meta && !is_empty_object(*meta)) row.entry.meta = *meta;
  return meta.has_value();
}

unsigned member_bit(std::string_view name) {
  if (name == "logical_key") return 1;
  if (name == "physical_keys") return 2;
  if (name == "size") return 4;
  if (name == "hash") return 8;
  if (name == "meta") return 16;
  return 0;
}

Error bad_row(std::string_view why) { return Error(ErrorCode::corruption, std::string(why)); }

const Json& require(const Json& row, std::string_view member) {
  const Json* value = row.find(member);
  if (value == nullptr) throw bad_row(fmt::format("'{}' is missing", member));
  return *value;
}

void read_exact_size(const Json& size, ManifestRow& row) {
  const std::int64_t* integer = size.if_integer();
  if (integer != nullptr && *integer >= 0) {
    row.entry.size = static_cast<std::uint64_t>(*integer);
    return;
  }
  constexpr double largest = 9.2e18;
  const double* real = size.if_double();
  if (real == nullptr || !(*real >= 0 && *real < largest) || std::floor(*real) != *real) {
    if (!size.is_null()) throw bad_row(fmt::format("'size' is {}, which is no size", size.dump()));
  } else {
    row.entry.size = static_cast<std::uint64_t>(*real);
  }
  row.entry.odd.size = size;
}

void read_exact_hash(const Json& hash, ManifestRow& row) {
  const Json* type = hash.find("type");
  const Json* value = hash.find("value");
  if (type != nullptr && value != nullptr && type->is_string() && value->is_string()) {
    if (const auto digest_type = find_digest_type(*type->if_string())) {
      row.entry.digest = Digest::parse(*digest_type, *value->if_string());
    }
  }
  const bool plain = row.entry.digest && hash.if_object()->size() == 2;
  if (!plain) row.entry.odd.hash = hash;
}

/// The first physical key, of which quilt3 uses no other; null for a folder's row.
const std::string* first_url(const Json& row) {
  const Json* keys = row.find("physical_keys");
  if (keys == nullptr || !keys->truthy()) return nullptr;
  const Json::Array* array = keys->if_array();
  if (array == nullptr || !array->front().is_string()) throw bad_row("'physical_keys' is no list of texts");
  return array->front().if_string();
}

}  // namespace

bool read_plain_row(std::string_view line, ManifestRow& row) {
  constexpr unsigned all_members = 31;
  Scanner scanner(line);
  unsigned seen = 0;
  if (!scanner.take('{')) return false;
  while (seen != all_members) {
    if (seen != 0 && !scanner.take(',')) return false;
    const auto name = scanner.plain_string();
    if (!name || !scanner.take(':')) return false;
    const unsigned bit = member_bit(*name);
    if (bit == 0 || (seen & bit) != 0 || !read_member(scanner, *name, row)) return false;
    seen |= bit;
  }
  return scanner.take('}') && scanner.at_end();
}

ManifestRow read_exact_row(std::string_view line) {
  const Json json = Json::parse(line);
  if (!json.is_object()) throw bad_row("a row is no object");
  ManifestRow row;
  const Json& key = require(json, "logical_key");
  if (!key.is_string()) throw bad_row("'logical_key' is no text");
  row.owned_key = *key.if_string();
  const Json* meta = json.find("meta");
  const std::string* url = first_url(json);
  if (url == nullptr) {
    row.folder = true;
    if (!row.owned_key.ends_with('/')) row.owned_key += '/';
    if (meta != nullptr) row.folder_meta = *meta;
    return row;
  }
  row.owned_url = *url;
  read_exact_size(require(json, "size"), row);
  read_exact_hash(require(json, "hash"), row);
  if (require(json, "meta").truthy()) row.owned_meta = meta->dump(JsonStyle::python);
  return row;
}

}  // namespace unio
