#include "engine/recorded_environment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/browse.hpp"
#include "engine/package_documents.hpp"

namespace unio {
namespace {

/// Above what capture_environment keeps of any file.
constexpr std::uint64_t longest_log = std::uint64_t{64} << 20;

std::string log_key(const RecordedEnvironment& recorded, const ArtifactFile& log) {
  return log.object ? *log.object : layout::artifact_log(recorded.folder, log.relpath);
}

}  // namespace

const ArtifactFile* RecordedEnvironment::find_log(std::string_view name) const {
  const auto found =
      std::find_if(logs.begin(), logs.end(), [&](const ArtifactFile& log) { return log.relpath == name; });
  return found == logs.end() ? nullptr : &*found;
}

RecordedEnvironment recorded_environment(const OpenedArtifact& artifact) {
  const ArtifactRecord& record = artifact.record;
  return {.id = record.artifact_id,
          .environment = record.environment,
          .logs = record.logs,
          .folder = artifact.folder};
}

RecordedEnvironment get_recorded_environment(const Registry& registry, const PackageName& name,
                                             const std::string& top_hash, const Context& context) {
  const auto revision = find_revision(registry, name, top_hash, std::nullopt, context);
  const Json* environment = revision ? revision->find("environment") : nullptr;
  const std::string id = revision_id(name, top_hash);
  if (environment == nullptr) {
    throw Error(ErrorCode::failed_precondition, fmt::format("nothing was recorded of how '{}' was made", id),
                "unio push --capture safe records it with the next revision");
  }
  RevisionEnvironment recorded = RevisionEnvironment::parse(*environment);
  recorded.environment.username = revision->find_string("user").value_or("");
  recorded.environment.hostname = revision->find_string("host").value_or("");
  return {.id = id,
          .environment = std::move(recorded.environment),
          .logs = std::move(recorded.logs),
          .folder = {}};
}

std::optional<std::string> find_log(const Registry& registry, const RecordedEnvironment& recorded,
                                    std::string_view name, const Context& context) {
  const ArtifactFile* log = recorded.find_log(name);
  if (log == nullptr) return std::nullopt;
  std::string content;
  read_recorded(registry, log_key(recorded, *log), *log, context, [&](Bytes bytes) {
    if (content.size() + bytes.size() > longest_log)
      throw Error(ErrorCode::corruption, fmt::format("the log '{}' is too large to be one", name));
    content += as_text(bytes);
  });
  return content;
}

}  // namespace unio
