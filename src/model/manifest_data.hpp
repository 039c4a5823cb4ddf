#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "model/manifest.hpp"

namespace unio {

/// Text that never moves, in blocks, so that growing never copies what is there.
class TextArena {
 public:
  /// Copies `parts` one behind the other and returns where the whole begins.
  const char* add(std::initializer_list<std::string_view> parts);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0;
  std::size_t size_ = 0;
};

/// How the end of an entry's URL is kept.
enum class UrlTail : std::uint8_t {
  none,    ///< as it is
  key,     ///< it is the encoded logical key
  object,  ///< it is "<2 hex>/<hex>" of the digest
};

/// One entry, 64 bytes in one line of the processor's cache. Its key, metadata and the rest of its URL lie in
/// the arena, one behind the other.
struct alignas(64) EntryRecord {
  const char* text = nullptr;
  std::uint64_t size = 0;
  std::uint32_t meta_size = 0;
  std::uint32_t url_prefix = 0;
  std::uint16_t key_size = 0;
  std::uint16_t url_rest_size = 0;
  DigestType digest_type = DigestType::sha2_256_chunked;
  bool has_digest = true;
  bool odd = false;  ///< there is more of it in `odd_entries`
  UrlTail url_tail = UrlTail::none;
  Sha256Value digest{};

  std::string_view key() const { return {text, key_size}; }
  std::string_view meta() const { return {text + key_size, meta_size}; }
  std::string_view url_rest() const { return {text + key_size + meta_size, url_rest_size}; }
};

/// What an entry has that a record cannot hold exactly, as other tools wrote it.
struct OddEntry {
  std::optional<Json> hash;  ///< null, of an unknown type, or with more members
  std::optional<Json> size;  ///< no plain integer
};

/// The data of a Manifest while it is made and afterwards. Records keep their place; `order` says which comes
/// when.
class ManifestData {
 public:
  ManifestData() = default;
  ManifestData(const ManifestData&) = delete;
  ManifestData& operator=(const ManifestData&) = delete;

  std::size_t size() const { return size_; }
  /// The record that was added as number `index`.
  const EntryRecord& record(std::size_t index) const {
    return chunks_[index / chunk_size][index % chunk_size];
  }
  /// The record at `index` in tree order; call `sort` first.
  std::size_t at(std::size_t index) const { return order_.empty() ? index : order_[index]; }
  const EntryRecord& in_order(std::size_t index) const { return record(at(index)); }

  /// Asks the processor for what entries that come soon will need: in any order but the one they were added
  /// in, memory is what takes the time. `next(i)` is the number of the record wanted `i` of `remaining` steps
  /// from now.
  template <class Next>
  void fetch_ahead(std::size_t remaining, Next&& next) const;

  /// An entry as a reader finds it; the views may die afterwards.
  struct NewEntry {
    std::string_view key;
    std::string_view url;
    std::string_view meta;  ///< empty for {}
    std::uint64_t size = 0;
    std::optional<Digest> digest;
    OddEntry odd;
  };
  void add(const NewEntry& entry);
  /// The entry `index` of other data, under `key`.
  void add(const ManifestData& other, std::size_t index, std::string_view key);

  std::string url(const EntryRecord& record) const;
  void append_url(std::string& out, const EntryRecord& record) const;
  bool url_begins_with(const EntryRecord& record, std::string_view prefix) const;
  const OddEntry* find_odd(std::size_t index) const;

  /// Whether the entries came in tree order, each once.
  bool is_sorted() const { return sorted_; }
  /// Puts everything into tree order. Of one folder's metadata the last stays, if it is truthy.
  void sort();
  /// After sorting: Error `code` that names both for a repeated key and for a file where a folder is needed.
  void check_keys(ErrorCode code) const;
  /// After sorting: the first index from `from` on, in tree order, whose key `is_behind` holds for.
  template <class Predicate>
  std::size_t first_where(std::size_t from, Predicate&& is_behind) const;

  Json::Object header;
  std::vector<std::pair<std::string, Json>> folder_meta;
  std::uint64_t total_bytes = 0;

  /// Computed once, on first use or while reading.
  mutable std::once_flag top_hash_once;
  mutable std::string top_hash;

 private:
  static constexpr std::size_t chunk_size = 256;

  EntryRecord& append();
  bool add_same(const ManifestData& other, const EntryRecord& from);
  /// Absent when there are too many prefixes already.
  std::optional<std::uint32_t> find_or_add_prefix(std::string_view prefix);
  void note_order(std::string_view key);

  std::vector<std::unique_ptr<EntryRecord[]>> chunks_;
  std::size_t size_ = 0;
  bool sorted_ = true;
  std::vector<std::uint32_t> order_;
  TextArena arena_;
  /// What URLs begin with; the first is empty.
  std::vector<std::string> prefixes_{std::string()};
  std::unordered_map<std::string, std::uint32_t> prefix_ids_{{std::string(), 0}};
  std::uint32_t last_prefix_ = 0;
  std::unordered_map<std::size_t, OddEntry> odd_entries_;
};

// Always inlined, because GCC takes a function that only prefetches for one that does nothing.
template <class Next>
[[gnu::always_inline]] inline void ManifestData::fetch_ahead(std::size_t remaining, Next&& next) const {
  constexpr std::size_t record_distance = 32;
  constexpr std::size_t text_distance = 16;
  constexpr std::size_t cache_line = 64;
  if (record_distance < remaining) __builtin_prefetch(&record(next(record_distance)));
  if (text_distance >= remaining) return;
  const char* const text = record(next(text_distance)).text;
  __builtin_prefetch(text);
  __builtin_prefetch(text + cache_line);
}

template <class Predicate>
std::size_t ManifestData::first_where(std::size_t from, Predicate&& is_behind) const {
  std::size_t last = size();
  while (from < last) {
    const std::size_t middle = from + (last - from) / 2;
    if (is_behind(in_order(middle).key())) {
      last = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

/// Appends the canonical JSON that the top hash takes of the entry that was added as number `index`, whose
/// canonical metadata is `meta` (empty for {}). Error failed_precondition without a digest or size.
void append_canonical_entry(std::string& out, const ManifestData& data, std::size_t index,
                            std::string_view meta);
/// Whether append_canonical_entry would have a digest and a size.
bool can_be_hashed(const ManifestData& data, std::size_t index);
std::string canonical_header(const ManifestData& data);
std::string compute_top_hash(const ManifestData& data);

}  // namespace unio
