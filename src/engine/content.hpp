#pragma once

#include <string>
#include <string_view>

#include "engine/registry.hpp"
#include "model/manifest.hpp"
#include "model/physical_key.hpp"
#include "storage/far_reads.hpp"

namespace unio {

/// Where the bytes of an entry can be read: a store and a key in it.
struct ObjectLocation {
  ObjectStore* store = nullptr;
  std::string key;
  std::optional<std::string> version;
};

/// Finds the bytes of an entry of a package in `registry`. A content-addressed physical key is looked for
/// under the registry's own root, so that a registry that was moved or copied still works; anything else is
/// read where its URL says.
ObjectLocation locate(const Registry& registry, const Context& context, const EntryView& entry);

/// Where a copy of an entry is kept on this machine: under the address of its content, whatever key its bytes
/// have.
struct KeptCopy {
  CachedStore* store = nullptr;
  std::string key;
};
/// Absent where its store has no cache, or no digest says which content it is.
std::optional<KeptCopy> kept_copy(const ObjectLocation& location, const EntryView& entry);

/// The URL of the entry's bytes as it is now: that in the manifest, unless the registry was moved.
std::string current_url(const Registry& registry, const Context& context, const EntryView& entry);

/// Whether the entry's bytes are inside the registry (and so need no push).
bool is_in_registry(const Registry& registry, const EntryView& entry);
/// Whether they are a file on this machine outside the registry.
bool is_local_file(const Registry& registry, const EntryView& entry);
/// Whether any entry is.
bool points_at_local_files(const Registry& registry, const Manifest& manifest);

/// The URL of a key in the registry's store, encoded as manifests write it.
std::string physical_url(const Registry& registry, std::string_view key);

/// The URL of the folder `folder_key` when the entry `logical_key`, which lies in it, has `url`: the URL less
/// what lies below the folder. A content-addressed URL does not end in its key; then the registry it lies in
/// stands for all.
std::string folder_url(std::string_view url, std::string_view logical_key, std::string_view folder_key);

/// Streams an entry's bytes to `sink`, verified: size and digest are checked when the last byte came, and a
/// difference is Error corruption naming entry, URL and both digests; more bytes than the entry has are never
/// given. What the sink got before must not be believed until this returns. Entries without a digest that we
/// can compute are checked by size only.
void read_entry(const Registry& registry, const Context& context, const EntryView& entry,
                const ByteSink& sink);

/// Larger ones are read in parts, several at once, and streamed; smaller ones in one piece, many at once.
inline constexpr std::uint64_t largest_small_entry = std::uint64_t{8} << 20;

/// Whether the entry can be read by read_far: it is small and its store is far. With what to ask for.
std::optional<FarRead> find_far_read(const Registry& registry, const Context& context,
                                     const EntryView& entry);

/// "read 'cats/1.jpg'": the step of an Error that a store threw while an entry was read.
std::string read_step(const EntryView& entry);

/// Error corruption that names entry, URL and both digests, unless they are equal.
void check_digest(const EntryView& entry, const Digest& expected, const Digest& found);

/// What read_entry checks, of content that is in memory.
void check_content(const EntryView& entry, std::string_view content);

/// A range of an entry, unverified beyond what the store checks.
void read_entry_range(const Registry& registry, const Context& context, const EntryView& entry,
                      ByteRange range, const ByteSink& sink);

/// Digest of a local file, on several threads when it is large. Error failed_precondition that names
/// the file when it changes while it is read. `stamp` is what the caller saw of it.
Digest hash_local_file(const Context& context, const std::string& path, const FileStamp& stamp,
                       DigestType type);

/// The SHA-256 of each of its digest's chunks; errors as for hash_local_file. Tells no progress.
std::vector<Sha256Value> hash_local_chunks(const Context& context, const std::string& path,
                                           const FileStamp& stamp);

}  // namespace unio
