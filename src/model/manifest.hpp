#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "model/logical_key.hpp"

namespace unio {

/// One entry of a manifest as plain values: for making and changing manifests.
struct Entry {
  std::string logical_key;
  /// The URL of the bytes; may not be empty.
  std::string physical_key;
  std::uint64_t size = 0;
  /// Absent only in a package that is being built.
  std::optional<Digest> digest;
  /// The object's whole metadata as JSON text, as it was read or as dumped; empty stands for {}.
  /// User metadata is its member "user_meta".
  std::string meta;

  bool operator==(const Entry&) const = default;
};

/// An entry inside a Manifest; valid as long as the manifest is and is not changed.
class EntryView {
 public:
  std::string_view logical_key() const;
  std::string physical_key() const;
  /// Whether physical_key() begins with `prefix`, told without making the text.
  bool physical_key_begins_with(std::string_view prefix) const;
  std::uint64_t size() const;
  /// Absent when the manifest's `hash` is null or of a type that this version does not know.
  std::optional<Digest> digest() const;
  /// Whether the manifest gives a hash at all, also one of a type that this version does not know.
  bool has_hash() const;
  /// JSON text of the metadata, as in the file; "{}" when it is empty or falsy.
  std::string_view meta() const;
  /// Same size and digest, as the top hash sees them.
  bool same_bytes(const EntryView& other) const;
  /// Same metadata, as the top hash sees it: spelling and order do not matter.
  bool same_meta(const EntryView& other) const;
  /// Both; the key, and where the bytes are, do not matter.
  bool same_content(const EntryView& other) const { return same_bytes(other) && same_meta(other); }
  Entry entry() const;

 private:
  friend class Manifest;
  friend class ManifestBuilder;
  const class ManifestData* data_ = nullptr;
  std::uint32_t index_ = 0;
};

/// The content of a package: header, folder metadata, and entries in tree order. A value without I/O, compact
/// (about 120 bytes an entry beyond metadata), immutable once made; copies share the data. Thread-safe to
/// read.
///
/// Reads everything that quilt3 reads, and keeps what it does not understand, so that the top hash of a
/// foreign manifest is the one that quilt3 gives.
class Manifest {
 public:
  /// The empty manifest, with header {"version": "v0"}.
  Manifest();

  /// The header object, without a legacy `top_hash`.
  const Json::Object& header() const;

  std::size_t size() const;
  std::uint64_t total_bytes() const;
  EntryView operator[](std::size_t index) const;

  /// The index of the entry with exactly this key.
  std::optional<std::size_t> find(std::string_view logical_key) const;
  /// The indexes [first, last) of the entries in `folder` ("" is everything).
  std::pair<std::size_t, std::size_t> range(std::string_view folder) const;

  /// Metadata of folders, by key with the slash ("cats/"), in tree order.
  const std::vector<std::pair<std::string, Json>>& folder_meta() const;

  /// Lower-case hex of the top hash (docs/formats/manifest.md). Error failed_precondition when an entry has
  /// no digest. Computed once.
  std::string top_hash() const;

  /// The package's user metadata (header "user_meta"); null when absent.
  Json user_meta() const;
  std::optional<std::string> message() const;

  /// Calls `sink` with the manifest's file content in pieces: JSON Lines as quilt3 writes them.
  void write(const std::function<void(std::string_view)>& sink) const;

  /// Whole lines of that file: first the header with the metadata of folders, then entries [first, first +
  /// count) in some 64 KiB.
  struct Block {
    std::string_view text;
    std::size_t first = 0;
    std::size_t count = 0;
  };
  void write_blocks(const std::function<void(const Block&)>& sink) const;

 private:
  friend class ManifestReader;
  friend class ManifestBuilder;
  friend class EntryView;
  std::shared_ptr<const class ManifestData> data_;
};

/// Reads a manifest that arrives in pieces, in bounded memory beyond the result. Rows may come in any order.
///
/// Errors are corruption with the line number: broken JSON, missing `logical_key`, `size`, `hash` or `meta`,
/// a key that check_logical_key refuses, a line longer than `Options::max_line`; and from `finish`, naming
/// the keys, a repeated key and a key that is both file and folder.
class ManifestReader {
 public:
  struct Options {
    /// Longest line in bytes. quilt3 writes at most 1,000,000; more is read up to here.
    std::size_t max_line = std::size_t{16} << 20;
    /// Compute the top hash while rows arrive in order.
    bool hash_while_reading = true;
  };

  ManifestReader();
  explicit ManifestReader(Options options);
  ~ManifestReader();
  ManifestReader(const ManifestReader&) = delete;
  ManifestReader& operator=(const ManifestReader&) = delete;

  void feed(std::string_view piece);
  /// To be called once, at the end of the text.
  Manifest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The whole text at once.
Manifest parse_manifest(std::string_view text);

/// Makes a manifest from entries and folder metadata, in any order.
class ManifestBuilder {
 public:
  ManifestBuilder();
  ~ManifestBuilder();
  ManifestBuilder(const ManifestBuilder&) = delete;
  ManifestBuilder& operator=(const ManifestBuilder&) = delete;

  /// Header members written by Unio: "version", "message" and, when set, "user_meta".
  void set_header(Json::Object header);
  /// `key` ends in a slash; falsy metadata removes what was set before.
  void set_folder_meta(std::string key, Json meta);

  /// Error invalid_argument for a bad key and for metadata that is no JSON.
  void add(const Entry& entry);
  /// The same as adding `view.entry()`, without taking it apart: unknown digest types and odd sizes survive.
  void add(const EntryView& view);
  /// The entry under another key.
  void add_as(const EntryView& view, std::string_view logical_key);

  /// To be called once. Error invalid_argument that names both keys for a repeated key and for a file where a
  /// folder is needed.
  Manifest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What changed between two manifests, entry by entry in tree order.
struct EntryChange {
  enum class Kind { added, removed, modified };
  Kind kind;
  std::string logical_key;
  std::optional<Entry> before;
  std::optional<Entry> after;
  bool content_changed = false;  ///< digest or size; false for what was added or removed
  bool meta_changed = false;
};

struct ManifestDiff {
  std::vector<EntryChange> entries;
  /// Keys of the folders whose metadata differs, in tree order.
  std::vector<std::string> folders;
  bool package_meta_changed = false;
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t modified = 0;
  bool empty() const { return entries.empty() && folders.empty() && !package_meta_changed; }
};

ManifestDiff diff(const Manifest& before, const Manifest& after);

}  // namespace unio
