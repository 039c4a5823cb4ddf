#pragma once

#include <string>
#include <vector>

#include "engine/artifact_content.hpp"

namespace unio {

/// An artifact that was saved.
struct SavedArtifact {
  ArtifactRecord record;
  std::string folder;       ///< its key in the registry
  std::uint64_t bytes = 0;  ///< of its files
  std::size_t shared = 0;   ///< files whose content was there already
};

/// One artifact on its way into a registry, in the order of docs/formats/artifact.md: session → files → logs
/// → metadata → feed → content records. Until `publish` there is no artifact; destroyed before, what was
/// stored is removed again (Leftovers::remove), or left where it is. Not thread-safe.
class ArtifactWriter {
 public:
  /// Names the artifact: `record` has everything but its id, its root, files and logs. Error invalid_argument
  /// for names that cannot be paths and texts that are none; nothing is written by then.
  ArtifactWriter(const Registry& registry, ArtifactRecord record, AnnouncedSave::Leftovers leftovers,
                 const Context& context);
  ~ArtifactWriter();
  ArtifactWriter(const ArtifactWriter&) = delete;
  ArtifactWriter& operator=(const ArtifactWriter&) = delete;

  const std::string& folder() const { return save_.folder; }
  const ArtifactRecord& record() const { return record_; }

  /// Writes the session, before anything else is.
  void announce();
  void put_files(std::span<const ArtifactSource> sources, Dedup dedup);
  /// Files that stand in the folder already.
  void take_files(std::vector<ArtifactFile> files);
  void put_logs(const Texts& logs);
  SavedArtifact publish();

 private:
  std::vector<std::string> own_keys() const;
  void write_metadata();
  void remove_leftovers() noexcept;

  const Registry& registry_;
  const Context& context_;
  ArtifactRecord record_;
  AnnouncedSave save_;
  PushSession session_;
  ArtifactContent content_;
  /// Whether the metadata may stand: from then on only what is in the store says what became of it.
  bool may_exist_ = false;
};

/// The feed entry of an artifact, or of a later revision of its metadata.
Json artifact_feed_entry(const ArtifactRecord& record, const std::string& folder, const std::string& op);

}  // namespace unio
