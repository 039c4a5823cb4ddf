#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "model/manifest.hpp"

namespace unio {

/// Some rows of a manifest's file, one behind the other.
struct ManifestBlock {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  Sha256Value sha256{};       ///< of these bytes
  std::uint64_t entries = 0;  ///< none in the first block, which is the header with the rows of folders
  std::uint64_t bytes = 0;    ///< the sizes of the entries together
  std::string first_key;
};

/// Where in the file of a manifest its entries are (docs/formats/manifest_index.md). A value without I/O.
class ManifestIndex {
 public:
  explicit ManifestIndex(std::string top_hash) : top_hash_(std::move(top_hash)) {}

  /// Adds what Manifest::write_blocks gives, in its order.
  void add(const Manifest& manifest, const Manifest::Block& block);

  /// Error corruption for what is no index, or does not fit together; unsupported for a newer format.
  static ManifestIndex parse(std::string_view text);
  std::string dump() const;

  const std::string& top_hash() const { return top_hash_; }
  /// Of the manifest's file.
  std::uint64_t size() const { return size_; }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t bytes() const { return bytes_; }
  const std::vector<ManifestBlock>& blocks() const { return blocks_; }

  /// The blocks [first, last) that have all entries at `key` or in the folder `key`; "" is everything. Some
  /// of their entries may be elsewhere.
  std::pair<std::size_t, std::size_t> range(std::string_view key) const;

 private:
  void append(ManifestBlock block);

  std::string top_hash_;
  std::uint64_t size_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<ManifestBlock> blocks_;
};

}  // namespace unio
