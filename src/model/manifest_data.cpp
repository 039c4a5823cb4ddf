#include "model/manifest_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "model/physical_key.hpp"

namespace unio {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 20;

struct SplitUrl {
  std::string_view prefix;
  UrlTail tail = UrlTail::none;
  std::string_view rest;
};

std::string object_tail(const Digest& digest) {
  const std::string hex = digest.hex();
  return hex.substr(0, 2) + "/" + hex;
}

/// Takes from the URL what the entry's digest or key tells anyway; most URLs then are only a shared prefix.
SplitUrl split_url(std::string_view url, std::string_view key, const std::optional<Digest>& digest) {
  if (digest && url.size() > 2 * sizeof(Sha256Value) && digest->type == DigestType::sha2_256_chunked) {
    const std::string tail = object_tail(*digest);
    if (url.ends_with(tail)) return {url.substr(0, url.size() - tail.size()), UrlTail::object, {}};
  }
  const std::string_view location = url.substr(0, url.find('?'));
  const std::string encoded = encode_url_path(key);
  if (location.ends_with(encoded)) {
    return {location.substr(0, location.size() - encoded.size()), UrlTail::key, url.substr(location.size())};
  }
  const auto slash = location.rfind('/');
  const std::size_t prefix = slash == std::string_view::npos ? 0 : slash + 1;
  return {url.substr(0, prefix), UrlTail::none, url.substr(prefix)};
}

[[noreturn]] void throw_bad_keys(ErrorCode code, std::string_view key, std::string_view why) {
  std::string quoted;
  append_json_string(quoted, key, JsonStyle::canonical);
  throw Error(code, fmt::format("{} {}", quoted, why));
}

}  // namespace

const char* TextArena::add(std::initializer_list<std::string_view> parts) {
  std::size_t length = 0;
  for (const std::string_view part : parts) length += part.size();
  if (blocks_.empty() || used_ + length > size_) {
    size_ = std::max(block_size, length);
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

std::uint32_t ManifestData::prefix_id(std::string_view prefix) {
  // Neighbours mostly share their prefix.
  if (!prefixes_.empty() && prefixes_.back() == prefix) return static_cast<std::uint32_t>(prefixes_.size() - 1);
  const auto [place, is_new] = prefix_ids_.try_emplace(std::string(prefix), prefixes_.size());
  if (is_new) prefixes_.emplace_back(prefix);
  return place->second;
}

void ManifestData::note_order(std::string_view key) {
  if (size_ > 0 && sorted_) sorted_ = compare_tree_order(record(size_ - 1).key(), key) < 0;
}

void ManifestData::add(const NewEntry& entry) {
  const SplitUrl url = split_url(entry.url, entry.key, entry.digest);
  constexpr std::size_t longest_rest = std::numeric_limits<std::uint16_t>::max();
  if (url.rest.size() > longest_rest || entry.meta.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw_bad_keys(ErrorCode::invalid_argument, entry.key, "has a URL or metadata that is too long");
  }
  note_order(entry.key);
  const char* text = arena_.add({entry.key, entry.meta, url.rest});
  const std::uint32_t prefix = prefix_id(url.prefix);
  if (entry.odd.hash || entry.odd.size) odd_entries_.emplace(size_, entry.odd);
  EntryRecord& record = append();
  record.text = text;
  record.size = entry.size;
  record.meta_size = static_cast<std::uint32_t>(entry.meta.size());
  record.url_prefix = prefix;
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

void ManifestData::add(const ManifestData& other, std::size_t index, std::string_view key) {
  const EntryRecord& from = other.record(index);
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
  std::string url = prefixes_[record.url_prefix];
  switch (record.url_tail) {
    case UrlTail::none: break;
    case UrlTail::key: url += encode_url_path(record.key()); break;
    case UrlTail::object: url += object_tail({record.digest_type, record.digest}); break;
  }
  return url += record.url_rest();
}

const OddEntry* ManifestData::find_odd(std::size_t index) const {
  if (!record(index).odd) return nullptr;
  return &odd_entries_.at(index);
}

void ManifestData::sort() {
  std::sort(folder_meta.begin(), folder_meta.end(),
            [](const auto& left, const auto& right) { return compare_tree_order(left.first, right.first) < 0; });
  if (sorted_) return;
  order_.resize(size_);
  std::iota(order_.begin(), order_.end(), 0U);
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t left, std::uint32_t right) {
    return compare_tree_order(record(left).key(), record(right).key()) < 0;
  });
  sorted_ = true;
}

void ManifestData::check_keys(ErrorCode code) {
  for (std::size_t i = 1; i < size_; ++i) {
    const std::string_view before = in_order(i - 1).key();
    const std::string_view key = in_order(i).key();
    // In tree order what lies in a folder follows the folder's own name at once.
    if (key.size() < before.size() || !key.starts_with(before)) continue;
    if (key.size() == before.size()) throw_bad_keys(code, key, "is there twice");
    if (key[before.size()] == '/') throw_bad_keys(code, before, "is both a file and a folder");
  }
}

}  // namespace unio
