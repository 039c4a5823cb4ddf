#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/artifacts.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string id;
    std::optional<std::string> folder;
    std::vector<std::string> files;
    bool logs = false;
    bool force = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("ID", options->id, "an artifact's id, or so much of its beginning as no other has");
  arguments.option("-o,--output", "DIR", options->folder, "where to; without it the present folder");
  arguments.option("--file", "REL", options->files, "only this file; may be given more than once");
  arguments.flag("--logs", options->logs, "what was logged beside the files, instead of them");
  arguments.flag("--force", options->force, "replace files that are there with other content");
  return [options](Session& session) {
    const Registry registry = open_registry(session, session.app().default_registry());
    const OpenedArtifact artifact = get_artifact(registry, options->id, session.context());
    DownloadOptions what;
    what.folder = options->folder.value_or(".");
    what.relpaths = options->files;
    what.part = options->logs ? ArtifactPart::logs : ArtifactPart::files;
    what.overwrite = options->force ? DownloadOptions::Overwrite::yes : DownloadOptions::Overwrite::no;
    const Downloaded downloaded = download(registry, artifact, what, session.context());
    std::vector<std::string> paths;
    for (const std::filesystem::path& path : downloaded.paths) paths.push_back(path.native());
    if (session.json()) {
      session.print_json(Json::object({{"artifact_id", artifact.record.artifact_id},
                                       {"files", json_texts(paths)},
                                       {"bytes", downloaded.bytes}}));
    }
    for (const std::string& path : paths) session.line(printable(path));
    return 0;
  };
}

}  // namespace

Command get_command() {
  return {.name = "get",
          .group = Command::Group::artifact,
          .summary = "Download the files of an artifact",
          .details =
              "Every file is compared with its SHA-256; damage ends with exit code 9. Nothing is written "
              "outside of the folder.",
          .examples = "unio get artifact_b4c3\nunio get artifact_b4c3 -o data --file train.txt",
          .setup = setup};
}

}  // namespace unio
