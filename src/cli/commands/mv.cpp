#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string from;
    std::string to;
    bool overwrite = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("FROM", options->from, "an entry, or a folder with a slash at its end");
  arguments.positional("TO", options->to, "its new key");
  arguments.flag("--overwrite", options->overwrite, "replace entries that stand there");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const std::size_t count =
        move_entries(workspace, options->from, options->to,
                     options->overwrite ? Overwrite::yes : Overwrite::no, session.context());
    if (session.json()) session.print_json(Json::object({{"moved", static_cast<std::uint64_t>(count)}}));
    session.line(fmt::format("Moving {} to {} ({})", printable(options->from), printable(options->to),
                             human_count(count, "entry")));
    return 0;
  };
}

}  // namespace

Command mv_command() {
  return {.name = "mv",
          .group = Command::Group::change,
          .summary = "Rename an entry or move what is in a folder",
          .details = "Only names in the package change; local files stay where they are.",
          .examples = "unio mv new_data/ labelled/\nunio mv a.csv tables/a.csv",
          .setup = setup};
}

}  // namespace unio
