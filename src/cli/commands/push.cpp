#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/push.hpp"

namespace unio {
namespace {

void print_removed(Session& session, const BuildResult& build) {
  if (build.removed.empty()) return;
  session.line(fmt::format("{} gone from added folders left the package: {}{}",
                           human_count(build.removed.size(), "file"), printable(build.removed.front()),
                           build.removed.size() > 1 ? ", ..." : ""));
}

CommandRun setup(Arguments& arguments) {
  struct Options : PublishOptions {
    std::optional<std::string> prefix;
    bool no_copy = false;
  };
  auto options = std::make_shared<Options>();
  add_publish_options(arguments, *options);
  arguments.option("--prefix", "PREFIX", options->prefix,
                   "readable keys: PREFIX and the logical key, instead of content addresses");
  arguments.flag("--no-copy", options->no_copy, "leave entries that are in another store where they are");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const PushOptions what{push_manifest_options(session, workspace, *options), options->prefix,
                           options->no_copy};
    const PushResult result = push(workspace, what, session.context());
    if (session.json()) session.print_json(published_json(workspace, result));
    print_pushed(session, result.data);
    print_removed(session, result.build);
    warn_left_out(session, result.build.left_out);
    if (result.published && !result.only_tagged) {
      session.line(fmt::format("Pushed {} ({}), {} new", human_count(result.entries, "entry"),
                               human_size(result.bytes), human_count(result.stored_objects, "object")));
      session.line(fmt::format("Tophash: {}", result.top_hash));
    }
    print_published(session, workspace, result, options->tag);
    warn_no_readme(session, result);
    return 0;
  };
}

}  // namespace

Command push_command() {
  return {.name = "push",
          .group = Command::Group::publish,
          .summary = "Build, push the data and publish, in one go",
          .details =
              "Only what changed is read. `latest` moves to the new revision; a tag moves when it is where "
              "you last saw\n"
              "it, else the push ends with a conflict and nothing is published.",
          .examples = "unio push -m \"more labels\"\nunio push -t v1 --prefix=data/photos/",
          .setup = setup};
}

}  // namespace unio
