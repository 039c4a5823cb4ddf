#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/push.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<PushDataOptions>();
  arguments.option("--prefix", "PREFIX", options->prefix,
                   "readable keys: PREFIX and the logical key, instead of content addresses");
  arguments.flag("--local-files-only", options->local_files_only,
                 "leave entries that are in a store where they are");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const PushDataResult result = push_data(workspace, *options, session.context());
    if (session.json()) session.print_json(Json::object({{"data", pushed_json(result)}}));
    print_pushed(session, result);
    return 0;
  };
}

}  // namespace

Command push_data_command() {
  return {.name = "push-data",
          .group = Command::Group::publish,
          .summary = "Put the data into the registry, without publishing",
          .details = "What the registry has already is not sent again. Nothing is ever overwritten.",
          .examples = "unio push-data\nunio push-data --prefix=data/dataset/v0/ --local-files-only",
          .setup = setup};
}

}  // namespace unio
