#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

constexpr std::size_t hashed_at_once = std::size_t{64} << 10;

/// Writes the canonical form of JSON whose texts are plain ASCII without escapes and whose numbers are integers,
/// in one pass and without making values of it. Anything else is left to the exact reader.
class PlainCanonicalizer {
 public:
  PlainCanonicalizer(std::string& out, std::string_view text) : out_(out), text_(text) {}

  /// False when the text is not that plain (or no JSON); `out` may then have grown.
  bool run() {
    skip_space();
    if (!value(0)) return false;
    skip_space();
    return position_ == text_.size();
  }

 private:
  static constexpr int max_depth = 32;

  struct Member {
    std::string_view key;
    std::size_t begin;  ///< of `"key":value` in out_
    std::size_t end;
  };

  void skip_space() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
  }

  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  bool value(int depth) {
    switch (peek()) {
      case '"': return string();
      case '{': return depth < max_depth && object(depth + 1);
      case '[': return depth < max_depth && array(depth + 1);
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return integer();
    }
  }

  bool word(std::string_view expected) {
    if (!text_.substr(position_).starts_with(expected)) return false;
    out_ += expected;
    position_ += expected.size();
    return true;
  }

  bool string() {
    const std::size_t begin = position_++;
    while (position_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[position_]);
      if (c == '"') {
        ++position_;
        out_.append(text_, begin, position_ - begin);
        return true;
      }
      if (c < 0x20 || c >= 0x7F || c == '\\') return false;
      ++position_;
    }
    return false;
  }

  bool integer() {
    const std::size_t begin = position_;
    if (peek() == '-') ++position_;
    const std::size_t digits = position_;
    while (peek() >= '0' && peek() <= '9') ++position_;
    const bool leading_zero = text_.substr(digits, 1) == "0";
    if (position_ == digits || (leading_zero && (position_ - begin) > 1)) return false;
    if (peek() == '.' || peek() == 'e' || peek() == 'E') return false;
    out_.append(text_, begin, position_ - begin);
    return true;
  }

  bool array(int depth) {
    out_ += '[';
    ++position_;
    skip_space();
    for (bool first = true; peek() != ']'; first = false) {
      if (!first) {
        if (peek() != ',') return false;
        out_ += ',';
        ++position_;
        skip_space();
      }
      if (!value(depth)) return false;
      skip_space();
    }
    ++position_;
    out_ += ']';
    return true;
  }

  bool object(int depth) {
    out_ += '{';
    ++position_;
    skip_space();
    const std::size_t base = members_.size();
    const std::size_t body = out_.size();
    for (bool first = true; peek() != '}'; first = false) {
      if (!first) {
        if (peek() != ',') return false;
        out_ += ',';
        ++position_;
        skip_space();
      }
      if (!member(depth)) return false;
      skip_space();
    }
    ++position_;
    const bool good = in_key_order(base, body);
    members_.resize(base);
    out_ += '}';
    return good;
  }

  bool member(int depth) {
    const std::size_t begin = out_.size();
    const std::size_t key = position_;
    if (peek() != '"' || !string()) return false;
    const std::string_view name = text_.substr(key, position_ - key);
    skip_space();
    if (peek() != ':') return false;
    ++position_;
    out_ += ':';
    skip_space();
    if (!value(depth)) return false;
    members_.push_back({name, begin, out_.size()});
    return true;
  }

  /// Puts the members written from `body` on into the order of their keys. False for a repeated key.
  bool in_key_order(std::size_t base, std::size_t body) {
    const auto first = members_.begin() + static_cast<std::ptrdiff_t>(base);
    const auto by_key = [](const Member& left, const Member& right) {
      // Without the closing quote, which would sort after '!' and ' '.
      return left.key.substr(0, left.key.size() - 1) < right.key.substr(0, right.key.size() - 1);
    };
    const auto same_key = [](const Member& left, const Member& right) { return left.key == right.key; };
    if (!std::is_sorted(first, members_.end(), by_key)) {
      std::sort(first, members_.end(), by_key);
      std::string sorted;
      for (auto m = first; m != members_.end(); ++m) {
        if (m != first) sorted += ',';
        sorted.append(out_, m->begin, m->end - m->begin);
      }
      out_.replace(body, std::string::npos, sorted);
    }
    return std::adjacent_find(first, members_.end(), same_key) == members_.end();
  }

  std::string& out_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<Member> members_;
};

void append_digest(std::string& out, const ManifestData& data, std::size_t index) {
  const EntryRecord& record = data.record(index);
  const OddEntry* odd = data.find_odd(index);
  if (odd != nullptr && odd->hash && !odd->hash->is_null()) {
    odd->hash->dump_to(out, JsonStyle::canonical);
    return;
  }
  if (!record.has_digest) {
    throw Error(ErrorCode::failed_precondition, fmt::format("'{}' has no digest yet", record.key()),
                "run `unio build-manifest` first");
  }
  out += R"({"type":")";
  out += name(record.digest_type);
  out += R"(","value":")";
  out += Digest{record.digest_type, record.digest}.text();
  out += "\"}";
}

}  // namespace

void append_canonical(std::string& out, std::string_view json) {
  const std::size_t before = out.size();
  if (PlainCanonicalizer(out, json).run()) return;
  out.resize(before);
  Json::parse(json).dump_to(out, JsonStyle::canonical);
}

void append_canonical_entry(std::string& out, const ManifestData& data, std::size_t index) {
  const EntryRecord& record = data.record(index);
  const OddEntry* odd = data.find_odd(index);
  out += R"({"hash":)";
  append_digest(out, data, index);
  out += R"(,"logical_key":)";
  append_json_string(out, record.key(), JsonStyle::canonical);
  out += R"(,"meta":)";
  if (record.meta_size == 0) {
    out += "{}";
  } else {
    append_canonical(out, record.meta());
  }
  out += R"(,"size":)";
  if (odd != nullptr && odd->size) {
    odd->size->dump_to(out, JsonStyle::canonical);
  } else {
    out += fmt::format_int(record.size).str();
  }
  out += '}';
}

std::string canonical_header(const ManifestData& data) { return Json(data.header).dump(JsonStyle::canonical); }

std::string compute_top_hash(const ManifestData& data) {
  Sha256 hash;
  std::string text = canonical_header(data);
  for (std::size_t i = 0; i < data.size(); ++i) {
    append_canonical_entry(text, data, data.at(i));
    if (text.size() < hashed_at_once) continue;
    hash.update(text);
    text.clear();
  }
  hash.update(text);
  return to_hex(hash.finish());
}

}  // namespace unio
