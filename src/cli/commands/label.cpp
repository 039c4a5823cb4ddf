#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "cli/commands.hpp"
#include "cli/commands/artifacts.hpp"
#include "engine/save.hpp"

namespace unio {
namespace {

struct Options {
  std::string id;
  std::vector<std::string> values;
  std::vector<std::string> removed;
};

/// Labels and infos by their names.
struct Changes {
  Texts values;
  std::vector<std::string> removed;
};

Changes changes_of(const Options& options) {
  Changes changes{.values = {}, .removed = options.removed};
  for (const std::string& pair : options.values) {
    auto [name, value] = split_pair(pair, "label");
    changes.values.insert_or_assign(std::move(name), std::move(value));
  }
  if (changes.values.empty() && changes.removed.empty()) {
    throw Error(ErrorCode::invalid_argument, "there is no label to give and none to remove",
                "unio label ID name=value, or unio label ID --remove name");
  }
  for (const std::string& name : changes.removed) {
    if (changes.values.contains(name))
      throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is given and removed", name));
  }
  return changes;
}

void warn_near_labels(Session& session, const Changes& changes) {
  const auto names = ArtifactLabels::names();
  ArtifactLabels labels;
  for (const auto& [name, value] : changes.values) {
    const auto near = nearest(name, {names.begin(), names.end()});
    if (labels.find(name) == nullptr && near)
      session.warn(fmt::format("'{}' is kept as an info; is it the label '{}'?", printable(name), *near));
  }
}

void apply(const Changes& changes, ArtifactLabels& labels) {
  for (const std::string& name : changes.removed) {
    std::string* label = labels.find(name);
    const auto info = labels.infos.find(name);
    if (label != nullptr ? label->empty() : info == labels.infos.end())
      throw Error(ErrorCode::not_found, fmt::format("the artifact has no label '{}'", name));
    if (label != nullptr) {
      label->clear();
    } else {
      labels.infos.erase(info);
    }
  }
  for (const auto& [name, value] : changes.values) {
    std::string* label = labels.find(name);
    (label != nullptr ? *label : labels.infos[name]) = value;
  }
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ID", options->id, "an artifact's id or its beginning");
  arguments.optional_positional("NAME=VALUE", options->values,
                                "datatype, ticket, project, dataset, description, or a name of your own");
  arguments.option("--remove", "NAME", options->removed, "take a label away; may be given more than once");
  return [options](Session& session) {
    const Changes changes = changes_of(*options);
    const Registry registry = open_registry(session, session.app().default_registry());
    const OpenedArtifact artifact = get_artifact(registry, options->id, session.context());
    const OpenedArtifact revised = revise_artifact(
        registry, artifact.folder, [&](ArtifactLabels& labels) { apply(changes, labels); },
        session.context());
    warn_near_labels(session, changes);
    if (session.json()) session.print_json(artifact_json(registry, revised));
    session.line(revised.record.revision == artifact.record.revision
                     ? fmt::format("{} has these labels already", artifact.record.artifact_id)
                     : fmt::format("{} has new labels (revision {})", artifact.record.artifact_id,
                                   revised.record.revision));
    return 0;
  };
}

}  // namespace

Command label_command() {
  return {.name = "label",
          .group = Command::Group::artifact,
          .summary = "Give labels to an artifact that is saved, or take them away",
          .details =
              "They are a new revision of its metadata beside the former ones; what is saved does not "
              "change. Searches "
              "find\n"
              "the newest. Of two people who label it at once neither loses anything.",
          .examples =
              "unio label artifact_b4c3 ticket=AB-123 checked=yes\nunio label artifact_b4c3 --remove checked",
          .setup = setup};
}

}  // namespace unio
