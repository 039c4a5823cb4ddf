#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/pointer_moves.hpp"
#include "engine/registry.hpp"

namespace unio {

/// One publication of a package, for `log`.
struct LogEntry {
  std::string top_hash;
  std::int64_t timestamp = 0;     ///< Unix second
  std::vector<std::string> tags;  ///< pointing here now, `latest` included
  std::optional<std::string> message;
  std::optional<std::string> user;
  std::optional<std::string> git_commit;
  /// As the record has it; absent where it has none.
  std::optional<Json> environment;
  /// Absent when its manifest cannot be read.
  std::optional<std::size_t> entries;
  std::optional<std::uint64_t> bytes;
  /// Against the publication before; absent when one of the two cannot be read.
  std::optional<std::size_t> added;
  std::optional<std::size_t> removed;
  std::optional<std::size_t> modified;
};

/// Publications, newest first, at most `limit`.
std::vector<LogEntry> log(const Registry& registry, const PackageName& name, std::size_t limit,
                          const Context& context);

/// Points `tag` at a revision. Without Force::yes the tag must be absent or at `known`.
struct TagResult {
  std::string top_hash;
  std::optional<std::string> previous;
};
TagResult tag_revision(const Registry& registry, const PackageName& name, const std::string& tag,
                       const std::string& top_hash, Force force, const Context& context);

/// Removes a tag. Error not_found when it is not there.
TagResult remove_tag(const Registry& registry, const PackageName& name, const std::string& tag,
                     const Context& context);

/// Moves a pointer back to where it was before its last move, by the reflog.
TagResult undo_move(const Registry& registry, const PackageName& name, const std::string& pointer,
                    const Context& context);

/// Makes an older revision `latest`. No new publication is made.
TagResult rollback(const Registry& registry, const PackageName& name, const std::string& top_hash,
                   const Context& context);

struct DeleteResult {
  std::vector<std::string> pointers;  ///< that were removed
  bool latest_moved = false;          ///< `latest` went to the newest revision left
};

/// Removes the names of a package, or of one of its revisions: pointers only. Manifests and data stay, since
/// other packages may share them.
DeleteResult delete_package(const Registry& registry, const PackageName& name,
                            const std::optional<std::string>& top_hash, const Context& context);

}  // namespace unio
