#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/pointer_moves.hpp"
#include "engine/registry.hpp"
#include "model/artifact.hpp"

namespace unio {

/// The artifact that a session is about: what whoever comes after a crash must know to finish the save, or to
/// clear it away.
struct AnnouncedSave {
  std::string folder;    ///< of the artifact
  std::string metadata;  ///< the key whose appearance makes the artifact, or the revision of its metadata
  Json feed_entry;
  /// What to do with files below the folder that no metadata speaks of: those that a user's program wrote in
  /// place are left to him.
  enum class Leftovers { remove, keep };
  Leftovers leftovers = Leftovers::remove;
};

/// Announces in the store that a push, or a save, is running, before its first "this object is already
/// there", so that a garbage collection keeps what the push relies on. The announcement is removed with this
/// object; what a dead process left is removed by the next push from the same host, or after a week.
///
/// Nothing is written before the first `announce`, so that a push which finds nothing to do asks for nothing.
class PushSession {
 public:
  /// Who announces the push: this process, or another one for all that take part in it.
  enum class Holder { self, another };
  /// What spares requests: the package that is pushed, and the etag of a format that was found good before.
  struct Known {
    std::optional<PackageName> name = std::nullopt;
    std::string format_etag = {};
    Holder holder = Holder::self;
    std::optional<AnnouncedSave> save = std::nullopt;
  };
  PushSession(const Registry& registry, const Context& context, Known known);
  PushSession(const Registry& registry, const Context& context) : PushSession(registry, context, Known{}) {}
  ~PushSession();
  PushSession(const PushSession&) = delete;
  PushSession& operator=(const PushSession&) = delete;

  /// Checks the registry's format and writes the announcement, unless another process holds that; nothing
  /// when it was done. Thread-safe.
  void announce();
  /// `latest` of the package, read once: before the announcement where that knew the name.
  const std::optional<Pointer>& latest(const PackageName& name);
  /// Whether there was an intent after `latest` was read; true where nobody looked.
  bool may_have_intents() const { return overview_.has_intents; }
  /// Of the format that was checked; empty before the announcement.
  const std::string& format_etag() const { return format_etag_; }
  /// Error conflict when somebody took this process for dead, and may have cleared away what it wrote.
  void check_announced() const;
  /// The announcement stays when this object goes: whoever comes next sees what became of the save.
  void leave() { announced_ = false; }
  /// Ends the announced session and removes this as well, at once. Never fails.
  void end_with(const std::string& key);
  /// Removes what dead pushes left, as announcing does: for a push that found nothing to do.
  void clear_dead();
  /// Removes uploads of large objects that were abandoned; for a push that made some itself. Does so once,
  /// and never fails.
  void sweep_uploads();
  /// Uploads that were begun before this are not gone on with: they might be swept meanwhile.
  Time resume_since() const;

 private:
  void write_announcement();

  const Registry& registry_;
  const Context& context_;
  const Known known_;
  std::string id_;
  std::once_flag latest_once_;
  std::optional<Pointer> latest_;
  Registry::Overview overview_;
  std::string format_etag_;
  std::once_flag once_;
  std::once_flag sweep_once_;
  bool announced_ = false;
};

/// A new name for a session. It tells the owner, so that a listing tells enough of most.
std::string session_id(const Context& context);
/// The record that announces an operation: who, on which host, in which process.
Json session_record(std::string_view id, const Context& context);

/// Completes saves whose owner died after the artifact stood, and clears away those of others that died: for
/// who looks for artifacts. One request when nothing is going on. Never fails.
void settle_saves(const Registry& registry, const Context& context);

/// Ends uploads to the registry's own keys that were begun more than a week ago and never finished. Returns
/// how many. Data under a prefix is left alone: others may upload there.
std::size_t sweep_abandoned_uploads(const Registry& registry, const Context& context);

/// The surroundings of a publication, masked, with the logs that belong to them: what captured_surroundings
/// makes.
struct RevisionSurroundings {
  ArtifactEnvironment environment;
  Texts logs;  ///< name to content
};

/// A manifest on its way to become a revision of a package.
struct Publication {
  PackageName name;
  Manifest manifest;
  std::optional<std::string> tag;
  /// Where the tag was when the builder last looked; absent: there was none.
  std::optional<std::string> known_tag;
  Force force = Force::no;
  /// Top hashes that this revision was made from.
  std::vector<std::string> parents;
  /// Ids of what else it was made from: artifacts, and revisions of packages.
  std::vector<std::string> based_on;
  std::optional<RevisionSurroundings> surroundings;
};

struct PublishResult {
  std::string top_hash;
  /// False when `latest`, and the tag if one was asked for, were at this hash already: nothing was written,
  /// unless a manifest that pointed at local files was replaced.
  bool published = false;
  std::optional<std::string> previous_latest;
};

/// Publishes in the order that a reader may rely on (docs/formats/registry.md): manifest → revision → intent
/// → `latest` → timestamp pointer → tag → feed → intent removed. The objects must be in place and durable.
///
/// Error conflict with both hashes when the tag is not where the builder knew it: normally before anything
/// moved; if it was lost to a push at the same moment, the message says that `latest` moved and the tag did
/// not.
PublishResult publish(const Registry& registry, PushSession& session, const Context& context,
                      const Publication& publication);

}  // namespace unio
