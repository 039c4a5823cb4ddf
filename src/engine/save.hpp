#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/artifact_reader.hpp"
#include "engine/artifact_writer.hpp"

namespace unio {

/// What an artifact says of itself besides its files.
struct ArtifactDescription {
  ArtifactEnvironment environment;
  ArtifactLabels labels;
  std::vector<std::string> based_on;  ///< repetitions are dropped
  std::string run_id;                 ///< empty: a new one
  Texts logs;                         ///< name to content, below logs/
};

struct SaveRequest : ArtifactDescription {
  std::vector<std::filesystem::path> paths;  ///< local files; each is saved once
  Dedup dedup = Dedup::on;
};

/// Saves local files as a new artifact. Afterwards it is durable and in the feed; after a failure or a kill
/// nothing of it shows, or all of it does.
///
/// Errors: one not_found that names every path which is missing, or invalid_argument when some are there but
/// no files; invalid_argument for names that cannot be paths. Nothing is written by then.
SavedArtifact save_artifact(const Registry& registry, const SaveRequest& request, const Context& context);

/// An artifact whose files a program writes where they stay. Nothing is recorded unless `finish` returns;
/// what was written then stays, and is nobody's artifact. Not thread-safe; borrows registry and context.
class NewArtifact {
 public:
  /// Begins one with these files. Error invalid_argument for paths that leave the artifact, or come twice.
  NewArtifact(const Registry& registry, std::vector<std::string> relpaths, ArtifactDescription description,
              const Context& context);

  const std::string& artifact_id() const { return writer_.record().artifact_id; }
  /// What is known before the files are written.
  const ArtifactRecord& record() const { return writer_.record(); }
  /// Where to write the file `relpath`: a path, whose folder is there, or the URL of a bucket.
  std::string url(std::string_view relpath) const;

  /// Writes the file `relpath` from a local one, in place of what was written before. May be called from many
  /// threads. Error not_found for a file that the artifact was not begun with, or that is not there.
  void put(std::string_view relpath, const std::filesystem::path& source) const;

  /// Reads back and records what was written. Error failed_precondition that names every file which was not.
  SavedArtifact finish();

 private:
  ArtifactFile read_back(const std::string& relpath) const;

  const Registry& registry_;
  const Context& context_;
  std::vector<std::string> relpaths_;
  Texts logs_;
  ArtifactWriter writer_;
};

/// Writes a new revision of an artifact's metadata with labels as `change` leaves them, masked; none when it
/// leaves them as they were. It may be called more than once, on what somebody else made of them meanwhile.
/// What is published does not change.
OpenedArtifact revise_artifact(const Registry& registry, const std::string& folder,
                               const std::function<void(ArtifactLabels&)>& change, const Context& context);

}  // namespace unio
