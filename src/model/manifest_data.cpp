#include "model/manifest_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/percent.hpp"
#include "model/physical_key.hpp"

namespace unio {
namespace {

/// The first block of a manifest's text, so that a small manifest stays small; each is twice the one before.
constexpr std::size_t least_block = std::size_t{4} << 10;
constexpr std::size_t most_block = std::size_t{1} << 20;

/// Enough for any layout of folders; beyond, a dictionary costs more than it saves.
constexpr std::size_t most_prefixes = std::size_t{1} << 14;

struct SplitUrl {
  std::string_view prefix;
  UrlTail tail = UrlTail::none;
  std::string_view rest;
};

constexpr std::size_t object_tail_size = 2 + 1 + 2 * sizeof(Sha256Value);

void append_object_tail(std::string& out, const Digest& digest) {
  append_hex(out, std::span(digest.value).first(1));
  out += '/';
  append_hex(out, digest.value);
}

std::string object_tail(const Digest& digest) {
  std::string tail;
  append_object_tail(tail, digest);
  return tail;
}

/// Whether the URL ends in "<2 hex>/<hex>" of the digest. Says no without making the text, mostly.
bool ends_with_object(std::string_view url, const Digest& digest) {
  if (digest.type != DigestType::sha2_256_chunked || url.size() < object_tail_size) return false;
  return url[url.size() - object_tail_size + 2] == '/' && url.ends_with(object_tail(digest));
}

bool is_hex_digit(char c, unsigned value) {
  return c == "0123456789ABCDEF"[value & 0xF];
}

/// How many bytes at the end of `location` are the encoded key; 0 when they are not.
std::size_t encoded_key_size(std::string_view location, std::string_view key) {
  if (location.ends_with(key) && encodes_to_itself(key)) return key.size();
  std::size_t at = location.size();
  for (std::size_t i = key.size(); i > 0; --i) {
    const char c = key[i - 1];
    if (at > 0 && location[at - 1] == c && encodes_to_itself({&c, 1})) {
      --at;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const bool escaped = at >= 3 && location[at - 3] == '%' && is_hex_digit(location[at - 2], byte >> 4) &&
                         is_hex_digit(location[at - 1], byte) && !encodes_to_itself({&c, 1});
    if (!escaped) return 0;
    at -= 3;
  }
  return location.size() - at;
}

/// Takes from the URL what the entry's digest or key tells anyway; most URLs then are only a shared prefix.
SplitUrl split_url(std::string_view url, std::string_view key, const std::optional<Digest>& digest) {
  if (digest && ends_with_object(url, *digest)) {
    return {url.substr(0, url.size() - object_tail_size), UrlTail::object, {}};
  }
  const std::string_view location = url.substr(0, url.find('?'));
  if (const std::size_t encoded = encoded_key_size(location, key); encoded != 0) {
    return {location.substr(0, location.size() - encoded), UrlTail::key, url.substr(location.size())};
  }
  const auto slash = location.rfind('/');
  const std::size_t prefix = slash == std::string_view::npos ? 0 : slash + 1;
  return {url.substr(0, prefix), UrlTail::none, url.substr(prefix)};
}

}  // namespace

const char* TextArena::add(std::initializer_list<std::string_view> parts) {
  std::size_t length = 0;
  for (const std::string_view part : parts) length += part.size();
  if (blocks_.empty() || used_ + length > size_) {
    size_ = std::max(std::clamp(2 * size_, least_block, most_block), length);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size_));
    used_ = 0;
  }
  char* const begin = blocks_.back().get() + used_;
  char* to = begin;
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  used_ += length;
  return begin;
}

EntryRecord& ManifestData::append() {
  check(size_ < std::numeric_limits<std::uint32_t>::max(), "a manifest with over four billion entries");
  if (size_ % chunk_size == 0) chunks_.push_back(std::make_unique<EntryRecord[]>(chunk_size));
  const std::size_t index = size_++;
  return chunks_[index / chunk_size][index % chunk_size];
}

std::optional<std::uint32_t> ManifestData::find_or_add_prefix(std::string_view prefix) {
  // Neighbours mostly share their prefix.
  if (prefixes_[last_prefix_] == prefix) return last_prefix_;
  std::string text(prefix);
  auto place = prefix_ids_.find(text);
  if (place == prefix_ids_.end()) {
    if (prefixes_.size() == most_prefixes) return std::nullopt;
    place = prefix_ids_.emplace(text, static_cast<std::uint32_t>(prefixes_.size())).first;
    prefixes_.push_back(std::move(text));
  }
  return last_prefix_ = place->second;
}

void ManifestData::note_order(std::string_view key) {
  if (size_ > 0 && sorted_) sorted_ = compare_tree_order(record(size_ - 1).key(), key) < 0;
}

void ManifestData::add(const NewEntry& entry) {
  SplitUrl url = split_url(entry.url, entry.key, entry.digest);
  auto prefix = find_or_add_prefix(url.prefix);
  if (!prefix) {
    url = {.prefix = {}, .tail = UrlTail::none, .rest = entry.url};
    prefix = 0;
  }
  constexpr std::size_t longest_rest = std::numeric_limits<std::uint16_t>::max();
  if (url.rest.size() > longest_rest || entry.meta.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} has a URL or metadata that is too long", quoted_key(entry.key)));
  }
  note_order(entry.key);
  const char* text = arena_.add({entry.key, entry.meta, url.rest});
  if (entry.odd.hash || entry.odd.size) odd_entries_.emplace(size_, entry.odd);
  EntryRecord& record = append();
  record.text = text;
  record.size = entry.size;
  record.meta_size = static_cast<std::uint32_t>(entry.meta.size());
  record.url_prefix = *prefix;
  record.key_size = static_cast<std::uint16_t>(entry.key.size());
  record.url_rest_size = static_cast<std::uint16_t>(url.rest.size());
  record.url_tail = url.tail;
  record.has_digest = entry.digest.has_value();
  record.odd = entry.odd.hash || entry.odd.size;
  if (entry.digest) {
    record.digest_type = entry.digest->type;
    record.digest = entry.digest->value;
  }
  total_bytes += entry.size;
}

/// Without taking its URL apart again. False when there are too many prefixes already.
bool ManifestData::add_same(const ManifestData& other, const EntryRecord& from) {
  const auto prefix = find_or_add_prefix(other.prefixes_[from.url_prefix]);
  if (!prefix) return false;
  note_order(from.key());
  const char* text = arena_.add({from.key(), from.meta(), from.url_rest()});
  EntryRecord& record = append();
  record = from;
  record.text = text;
  record.url_prefix = *prefix;
  total_bytes += from.size;
  return true;
}

void ManifestData::add(const ManifestData& other, std::size_t index, std::string_view key) {
  const EntryRecord& from = other.record(index);
  if (from.key() == key && !from.odd && add_same(other, from)) return;
  NewEntry entry;
  entry.key = key;
  const std::string url = other.url(from);
  entry.url = url;
  entry.meta = from.meta();
  entry.size = from.size;
  if (from.has_digest) entry.digest = Digest{from.digest_type, from.digest};
  if (const OddEntry* odd = other.find_odd(index)) entry.odd = *odd;
  add(entry);
}

std::string ManifestData::url(const EntryRecord& record) const {
  std::string url;
  append_url(url, record);
  return url;
}

void ManifestData::append_url(std::string& out, const EntryRecord& record) const {
  out += prefixes_[record.url_prefix];
  switch (record.url_tail) {
    case UrlTail::none:
      break;
    case UrlTail::key:
      out += encode_url_path(record.key());
      break;
    case UrlTail::object:
      append_object_tail(out, {record.digest_type, record.digest});
      break;
  }
  out += record.url_rest();
}

bool ManifestData::url_begins_with(const EntryRecord& record, std::string_view prefix) const {
  const std::string& begin = prefixes_[record.url_prefix];
  if (begin.size() >= prefix.size()) return begin.starts_with(prefix);
  return prefix.starts_with(begin) && url(record).starts_with(prefix);
}

const OddEntry* ManifestData::find_odd(std::size_t index) const {
  if (!record(index).odd) return nullptr;
  return &odd_entries_.at(index);
}

}  // namespace unio
