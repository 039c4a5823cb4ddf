#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/push.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<PublishOptions>();
  add_publish_options(arguments, *options);
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const PushManifestOptions what = push_manifest_options(session, workspace, *options);
    const PushResult result = push_manifest(workspace, what, session.context());
    if (session.json()) session.print_json(published_json(workspace, result));
    if (result.built) print_build(session, result.build);
    print_published(session, workspace, result, options->tag);
    warn_no_readme(session, result);
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
