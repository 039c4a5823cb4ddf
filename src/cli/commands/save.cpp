#include <fmt/format.h>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "cli/commands.hpp"
#include "cli/commands/artifacts.hpp"
#include "cli/commands/surroundings.hpp"
#include "engine/captured_description.hpp"

namespace unio {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> labels;
  std::vector<std::string> infos;
  std::vector<std::string> based_on;
  std::optional<std::string> type;
  std::optional<std::string> dedup;
  std::optional<std::string> capture;
};

ArtifactLabels labels_of(const Options& options) {
  ArtifactLabels labels;
  for (const std::string& pair : options.labels) {
    const auto [name, value] = split_pair(pair, "--label");
    if (std::string* label = labels.find(name)) {
      *label = value;
      continue;
    }
    const auto names = ArtifactLabels::names();
    const auto near = nearest(name, {names.begin(), names.end()});
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is no label; there are {}", name, fmt::join(names, ", ")),
                near ? fmt::format("is it '{}'?", *near)
                     : fmt::format("--info {} gives it a name of your own", pair));
  }
  for (const std::string& pair : options.infos) {
    auto [name, value] = split_pair(pair, "--info");
    labels.infos.insert_or_assign(std::move(name), std::move(value));
  }
  if (options.type) labels.datatype = *options.type;
  return labels;
}

Dedup dedup_of(const Options& options) {
  if (!options.dedup || *options.dedup == "on") return Dedup::on;
  if (*options.dedup == "off") return Dedup::off;
  throw Error(ErrorCode::invalid_argument, fmt::format("--dedup '{}' is neither on nor off", *options.dedup));
}

EnvironmentCapture capture_for(const Options& options, Session& session) {
  const CaptureLevel level =
      parse_capture_level(options.capture.value_or(session.app().config().get("capture").value));
  EnvironmentCapture capture = capture_environment(capture_options(session, level), session.context());
  for (const std::string& line : capture.left_out) session.warn(line);
  return capture;
}

SaveRequest request_of(const Options& options, Session& session) {
  SaveRequest request;
  ArtifactLabels labels = labels_of(options);
  static_cast<ArtifactDescription&>(request) =
      captured_description(capture_for(options, session), std::move(labels));
  request.based_on = parent_ids(session, options.based_on);
  for (const std::string& file : options.files) request.paths.emplace_back(file);
  request.dedup = dedup_of(options);
  return request;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("FILE", options->files, "files to save");
  arguments.option("--label", "NAME=VALUE", options->labels,
                   "datatype, ticket, project, dataset or description");
  arguments.option("--info", "NAME=VALUE", options->infos, "anything else to find it by");
  arguments.option("--type", "TYPE", options->type, "the same as --label datatype=TYPE");
  arguments.option("--based-on", "ID", options->based_on,
                   "an artifact, package or value that it was made from");
  arguments.option("--dedup", "off", options->dedup,
                   "off: store every file, also what the registry has already");
  arguments.option("--capture", "LEVEL", options->capture,
                   "what to record of the environment: off, safe or full (default: the setting capture)");
  return [options](Session& session) {
    const Registry registry = open_registry(session, session.app().default_registry());
    const SavedArtifact saved = save_artifact(registry, request_of(*options, session), session.context());
    if (session.json()) session.print_json(artifact_json(registry, {saved.folder, saved.record}));
    session.line(fmt::format(
        "Saved {} ({}){}", human_count(saved.record.files.size(), "file"), human_size(saved.bytes),
        saved.shared == 0 ? "" : fmt::format(", {} of them there already", saved.shared)));
    session.line(printable(saved.record.remote_root));
    session.line(saved.record.artifact_id);
    return 0;
  };
}

}  // namespace

Command save_command() {
  return {
      .name = "save",
      .group = Command::Group::artifact,
      .summary = "Save files as an artifact, without choosing a place",
      .details =
          "The files go to a folder named after date, user and time, with metadata.yaml beside them, "
          "and are never changed\n"
          "there. What the registry has already takes no space again. Who, where and with what is recorded "
          "beside them,\n"
          "without what looks like a secret (docs/capture.md).",
      .examples =
          "unio save train.txt test.txt --type annotation_file --info stratification=new\n"
          "unio save model.pt --label project=shells --based-on "
          "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8\n"
          "unio save report.html --based-on team/photos:v1",
      .setup = setup};
}

}  // namespace unio
