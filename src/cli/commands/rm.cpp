#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  auto key = std::make_shared<std::string>();
  arguments.positional("KEY", *key, "an entry, or a folder with a slash at its end");
  return [key](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const std::size_t count = remove_entries(workspace, *key, session.context());
    if (session.json()) session.print_json(Json::object({{"removed", static_cast<std::uint64_t>(count)}}));
    session.line(fmt::format("Removing {} ({}) from {}; local files stay", printable(*key),
                             human_count(count, "entry"), workspace.state().ref.name.text()));
    return 0;
  };
}

}  // namespace

Command rm_command() {
  return {.name = "rm",
          .group = Command::Group::change,
          .summary = "Take an entry or a folder out of the package",
          .details = "Local files stay where they are.",
          .examples = "unio rm train2017/1.jpg\nunio rm train2017/",
          .setup = setup};
}

}  // namespace unio
