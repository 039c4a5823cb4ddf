#include "cli/commands/artifacts.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

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

std::pair<std::string, std::string> split_pair(const std::string& text, std::string_view option) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorCode::invalid_argument, fmt::format("{} '{}' is no NAME=VALUE", option, text),
                fmt::format("write it as {} name=value", option));
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Json artifact_json(const Registry& registry, const OpenedArtifact& artifact) {
  Json json = artifact.record.document();
  json.set("files", with_urls(registry, artifact, ArtifactPart::files, *json.find("files")->if_array()));
  json.set("logs", with_urls(registry, artifact, ArtifactPart::logs, *json.find("logs")->if_array()));
  json.set("registry", registry.url());
  json.set("folder", artifact.folder);
  return json;
}

void print_surroundings(Session& session, const ArtifactEnvironment& environment,
                        const std::vector<std::string>& logs) {
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) session.line(fmt::format("{:<12}{}", name, printable(value)));
  };
  const auto system = [&](std::string_view name) {
    const auto found = environment.system.find(name);
    return found == environment.system.end() ? std::string() : found->second;
  };
  if (const auto& git = environment.git) {
    row("git branch", git->branch);
    row("git remote", git->remote);
  }
  row("image", system("image"));
  row("system", system("os"));
  const std::string python = system("python");
  if (!python.empty()) {
    row("python", fmt::format("{}, {}", python, human_count(environment.python_packages.size(), "package")));
  }
  row("logs", fmt::format("{}", fmt::join(logs, " ")));
  for (const std::string& line : environment.left_out) row("left out", line);
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
  std::vector<std::string> logs;
  for (const ArtifactFile& log : record.logs) logs.push_back(log.relpath);
  print_surroundings(session, record.environment, logs);
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
