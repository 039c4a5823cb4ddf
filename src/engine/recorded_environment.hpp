#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/artifact_reader.hpp"

namespace unio {

/// The surroundings in which something was published, as they were recorded. A value; the texts in it come
/// from somebody else, and are not to be believed.
struct RecordedEnvironment {
  std::string id;  ///< of the artifact, or of the revision in lineage
  ArtifactEnvironment environment;
  std::vector<ArtifactFile> logs;
  std::string folder;  ///< of an artifact: where logs without an object are

  /// Null pointer when there is none.
  const ArtifactFile* find_log(std::string_view name) const;
};

// The logs that a capture may have.
namespace captured_logs {
inline constexpr std::string_view pip_freeze = "pip_freeze.txt";
inline constexpr std::string_view git_diff = "git_diff.patch";
inline constexpr std::string_view git_untracked = "git_untracked.txt";
}  // namespace captured_logs

RecordedEnvironment recorded_environment(const OpenedArtifact& artifact);

/// Of the newest record of this revision. Error failed_precondition when it says nothing of its environment,
/// as those of other programs.
RecordedEnvironment get_recorded_environment(const Registry& registry, const PackageName& name,
                                             const std::string& top_hash, const Context& context);

/// The whole log, checked as read_file does; absent when there is none of that name. Error corruption when it
/// is larger than any that is captured.
std::optional<std::string> find_log(const Registry& registry, const RecordedEnvironment& recorded,
                                    std::string_view name, const Context& context);

}  // namespace unio
