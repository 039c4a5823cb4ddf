#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/push.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    PushManifestOptions push;
    std::optional<std::string> meta;
    bool force = false;
  };
  auto options = std::make_shared<Options>();
  arguments.option("-t,--tag", "TAG", options->push.tag, "tag to link to the revision");
  arguments.option("-m,--message", "TEXT", options->push.message, "message of the revision");
  arguments.option("--meta", "JSON", options->meta, "metadata of the package");
  arguments.flag("--force", options->force, "move the tag even if somebody else moved it");
  arguments.flag("--force-allow-local-files", options->push.allow_local_files,
                 "publish although entries point at files of this machine");
  return [options](Session& session) {
    Workspace workspace = find_workspace(std::nullopt);
    const auto lock = workspace.lock();
    options->push.meta = parse_json_option(options->meta, "--meta");
    options->push.force = options->force ? Force::yes : Force::no;
    const PushResult result = push_manifest(workspace, options->push, session.context());
    if (session.json()) session.print_json(published_json(workspace, result));
    if (result.built) print_build(session, result.build);
    print_published(session, workspace, result, options->push.tag);
    return 0;
  };
}

}  // namespace

Command push_manifest_command() {
  return {.name = "push-manifest",
          .group = Command::Group::publish,
          .summary = "Publish the manifest of data that is pushed",
          .details = "",
          .examples = "unio push-manifest -t v0",
          .setup = setup};
}

}  // namespace unio
