#include "cli/commands/artifacts.hpp"

#include <fmt/format.h>

namespace unio {
namespace {

Json with_urls(const Registry& registry, const OpenedArtifact& artifact, ArtifactPart part,
               const Json::Array& files) {
  Json::Array list;
  for (const Json& file : files) {
    Json json = file;
    const ArtifactFile& found = get_file(artifact, file.get_string("relpath"), part);
    json.set("url", file_url(registry, artifact, found, part));
    list.push_back(std::move(json));
  }
  return list;
}

void print_files(Session& session, const OpenedArtifact& artifact) {
  session.line("");
  for (const ArtifactFile& file : artifact.record.files) {
    session.line(fmt::format("{:>9}  {}", file.size ? human_size(*file.size) : "?", printable(file.relpath)));
  }
}

}  // namespace

Json artifact_json(const Registry& registry, const OpenedArtifact& artifact) {
  Json json = artifact.record.document();
  json.set("files", with_urls(registry, artifact, ArtifactPart::files, *json.find("files")->if_array()));
  json.set("logs", with_urls(registry, artifact, ArtifactPart::logs, *json.find("logs")->if_array()));
  json.set("registry", registry.url());
  json.set("folder", artifact.folder);
  return json;
}

void print_artifact(Session& session, const Registry& registry, const OpenedArtifact& artifact) {
  const ArtifactRecord& record = artifact.record;
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) session.line(fmt::format("{:<12}{}", name, printable(value)));
  };
  row("artifact", record.artifact_id);
  row("saved", fmt::format("{} by {} on {}", human_time(unix_seconds(record.creation_time)),
                           record.environment.username, record.environment.hostname));
  row("registry", registry.url());
  row("folder", artifact.folder);
  row("argv", record.environment.argv);
  if (const auto& git = record.environment.git) row("git commit", git->commit + (git->dirty ? "-dirty" : ""));
  ArtifactLabels labels = record.labels;
  for (const std::string_view name : ArtifactLabels::names()) row(name, *labels.find(name));
  for (const auto& [name, value] : labels.infos) row("info", fmt::format("{}={}", name, value));
  for (const std::string& id : record.based_on) row("based on", id);
  if (record.revision_time) {
    row("revised",
        fmt::format("{} by {}", human_time(unix_seconds(*record.revision_time)), record.revised_by));
  }
  print_files(session, artifact);
}

}  // namespace unio
