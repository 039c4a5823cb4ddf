#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string key;
    std::string json;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("KEY", options->key,
                       "an entry, a folder with a slash at its end, or \"\" for the package");
  arguments.positional("JSON", options->json, "the metadata; null removes it");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    set_meta(workspace, options->key, *parse_json_option(options->json, "JSON"), session.context());
    if (session.json()) session.print_json(Json::object({{"key", options->key}}));
    session.line(fmt::format("Setting metadata of {}",
                             options->key.empty() ? "the package" : printable(options->key)));
    return 0;
  };
}

}  // namespace

Command set_meta_command() {
  return {.name = "set-meta",
          .group = Command::Group::change,
          .summary = "Set metadata of an entry, a folder or the package",
          .details =
              "Metadata with the members \"contact\" and \"discussion\" on the package tells users of the "
              "data whom to\n"
              "ask; `unio show` prints them.",
          .examples =
              "unio set-meta train2017/1.jpg '{\"label\": \"cat\"}'\n"
              "unio set-meta \"\" '{\"contact\": \"ada@example.org\"}'",
          .setup = setup};
}

}  // namespace unio
