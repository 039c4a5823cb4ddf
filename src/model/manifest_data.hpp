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

/// One entry, 64 bytes. Its key, metadata and the rest of its URL lie in the arena, one behind the other.
struct EntryRecord {
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

/// The data of a Manifest while it is made and afterwards. Records keep their place; `order` says which comes when.
class ManifestData {
 public:
  ManifestData() = default;
  ManifestData(const ManifestData&) = delete;
  ManifestData& operator=(const ManifestData&) = delete;

  std::size_t size() const { return size_; }
  /// The record that was added as number `index`.
  const EntryRecord& record(std::size_t index) const { return chunks_[index / chunk_size][index % chunk_size]; }
  /// The record at `index` in tree order; call `sort` first.
  std::size_t at(std::size_t index) const { return order_.empty() ? index : order_[index]; }
  const EntryRecord& in_order(std::size_t index) const { return record(at(index)); }

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
  const OddEntry* find_odd(std::size_t index) const;

  bool is_sorted() const { return sorted_; }
  void sort();
  /// After sorting: Error `code` for a repeated key, a key that is file and folder, and the same for folder metadata.
  void check_keys(ErrorCode code);

  Json::Object header;
  std::vector<std::pair<std::string, Json>> folder_meta;
  std::uint64_t total_bytes = 0;

  /// Computed once, on first use or while reading.
  mutable std::once_flag top_hash_once;
  mutable std::string top_hash;

 private:
  static constexpr std::size_t chunk_size = 4096;

  EntryRecord& append();
  std::uint32_t prefix_id(std::string_view prefix);
  void note_order(std::string_view key);

  std::vector<std::unique_ptr<EntryRecord[]>> chunks_;
  std::size_t size_ = 0;
  bool sorted_ = true;
  std::vector<std::uint32_t> order_;
  TextArena arena_;
  std::vector<std::string> prefixes_;
  std::unordered_map<std::string, std::uint32_t> prefix_ids_;
  std::unordered_map<std::size_t, OddEntry> odd_entries_;
};

/// Appends the canonical JSON that the top hash takes of one entry. Error failed_precondition without a digest,
/// corruption for metadata that is no JSON.
void append_canonical_entry(std::string& out, const ManifestData& data, std::size_t index);
std::string canonical_header(const ManifestData& data);
std::string compute_top_hash(const ManifestData& data);

/// Appends the canonical form of a JSON text. Fast for plain values, exact for all.
void append_canonical(std::string& out, std::string_view json);

}  // namespace unio
