#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry.hpp"

namespace unio {

// The feed: the list of what was published in a registry (docs/formats/feed.md).

/// One publication.
struct FeedEntry {
  std::string op;    ///< the operation: an entry is known by it
  std::string kind;  ///< "package", "artifact", or one that this version does not know
  Json record;       ///< all members
};

/// Writes an entry, durable when this returns; `entry` has the members of the format page. It stands under
/// the present time, or under `when` if that is not longer ago than readers look back. Repeating it is
/// harmless.
void append_feed(const Registry& registry, const Json& entry, Time when, const Context& context);

/// Where a reader of the feed is. A value that reads from the beginning until it was moved by read_feed.
struct FeedPosition {
  Time newest{};  ///< of the entries that were read
  /// Names of entries from shortly before that on, and of compacted objects: what is not read again.
  std::vector<std::string> known;

  bool operator==(const FeedPosition&) const = default;
  /// One line of JSON, to be kept by the reader; and back. Error corruption for other text.
  std::string text() const;
  static FeedPosition parse(std::string_view text);
};

struct FeedReading {
  FeedPosition position;
  /// Single entries that compacting would take; of those that were listed.
  std::size_t old_entries = 0;
};

struct FeedQuery {
  FeedPosition after = {};
  /// Which operations to read, where that is known: other entries cost no request of their own. None: all.
  std::function<bool(std::string_view op)> wanted = {};
};

/// Calls `each` for every entry that came since `after`, each operation once, in the order of the feed as far
/// as writers' clocks allow. An entry that was met before, under another time, may come again. When nothing
/// is new this costs one request (a page of a listing); compacted entries cost one for up to 10,000 of them.
/// What cannot be read is passed over with a warning.
FeedReading read_feed(const Registry& registry, const FeedQuery& query, const Context& context,
                      const std::function<void(const FeedEntry&)>& each);

/// Puts old single entries together, if there are enough of them. Returns how many. Safe at any time,
/// whoever else reads, writes or compacts.
std::size_t compact_feed(const Registry& registry, const Context& context);

/// The same when a reading has shown that it is worth it, and no failure: for those who come to read and
/// perhaps may not write.
void tidy_feed(const Registry& registry, const FeedReading& reading, const Context& context);

}  // namespace unio
