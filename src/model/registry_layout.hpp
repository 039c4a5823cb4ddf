#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "model/package_ref.hpp"

namespace unio {

/// The keys of everything that lies in a registry, relative to its base (docs/formats/registry.md). Nothing
/// else in the program spells a key.
namespace layout {

inline constexpr std::string_view manifests = ".quilt/packages/";
inline constexpr std::string_view named_packages = ".quilt/named_packages/";
inline constexpr std::string_view own_parts = ".unio/";
inline constexpr std::string_view objects = ".unio/objects/";
inline constexpr std::string_view indexes = ".unio/indexes/";
inline constexpr std::string_view probes = ".unio/probes/";
inline constexpr std::string_view canaries = ".unio/canaries/";
inline constexpr std::string_view sessions = ".unio/sessions/";
inline constexpr std::string_view intents = ".unio/intents/";
inline constexpr std::string_view feed = ".unio/feed/";
inline constexpr std::string_view repositories = ".unio/repositories/";
inline constexpr std::string_view format = ".unio/format.json";

/// ".quilt/packages/<top hash>"
std::string manifest(std::string_view top_hash);
/// ".unio/indexes/<top hash>.jsonl"
std::string manifest_index(std::string_view top_hash);
/// ".quilt/named_packages/<name>/": what the pointers of a package begin with.
std::string pointers(const PackageName& name);
/// ".quilt/named_packages/<name>/<pointer>": `latest`, a tag, or Unix seconds.
std::string pointer(const PackageName& name, std::string_view pointer);
/// ".unio/objects/<first two hex>/<hex>"
std::string object(const Digest& digest);
/// ".unio/revisions/<top hash>/<op id>.json"
std::string revision(std::string_view top_hash, std::string_view op_id);
/// ".unio/revisions/<top hash>/"
std::string revisions(std::string_view top_hash);
std::string session(std::string_view id);
std::string intent(std::string_view op_id);
/// ".unio/reflog/<name>/<pointer>/<milliseconds, 15 digits>-<op id>.json"; a name's segments joined by "/".
std::string reflog(const PackageName& name, std::string_view pointer);
std::string reflog_entry(const PackageName& name, std::string_view pointer, Time when,
                         std::string_view op_id);
/// ".unio/feed/YYYY/MM/DD/<milliseconds, 15 digits>-<op id>.json"
std::string feed_entry(Time when, std::string_view op_id);
/// What sorts before all feed entries of that millisecond and behind those before.
std::string feed_since(Time when);
/// ".unio/feed/compacted/<milliseconds, 15 digits>-<id>.jsonl": `last` is the time of its last line.
std::string compacted_feed(Time last, std::string_view id);
/// The time that a name in the feed, "<milliseconds, 15 digits>-<id>", tells; absent for other texts.
std::optional<Time> find_feed_time(std::string_view name);
/// What the key of a feed entry or of a compacted object tells; absent for other keys.
struct FeedKey {
  std::string name;  ///< "<milliseconds, 15 digits>-<id>"
  Time time{};
  std::string id;  ///< of a single entry, its operation
  bool compacted = false;
};
std::optional<FeedKey> find_feed_key(std::string_view key);

/// Whether what is under this key is protected where the registry has a policy of retention: what was
/// published and never changes, and nothing that moves, is removed or replaced.
bool is_retained(std::string_view key);

/// ".unio/repositories/<SHA-256 of the index's key>.json": says that a repository lies in this registry.
std::string repository_mark(std::string_view index_key);

/// Whether what is under this key never changes: manifests, their indexes and content-addressed objects.
bool is_immutable(std::string_view key);

}  // namespace layout

/// Whether a pointer's name is a timestamp (all digits) rather than a tag.
bool is_timestamp(std::string_view pointer);

}  // namespace unio
