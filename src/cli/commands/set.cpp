#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string key;
    std::string source;
    std::optional<std::string> meta;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("KEY", options->key, "logical key, for example train2017/1.jpg");
  arguments.positional("SOURCE", options->source, "the file that it becomes");
  arguments.option("--meta", "JSON", options->meta, "user metadata of the entry");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const auto meta = parse_json_option(options->meta, "--meta");
    set_entry(workspace, ".", options->key, options->source, meta, session.context());
    if (session.json())
      session.print_json(Json::object({{"key", options->key}, {"source", options->source}}));
    session.line(
        fmt::format("Setting logical key {} as {}", printable(options->key), printable(options->source)));
    return 0;
  };
}

}  // namespace

Command set_command() {
  return {.name = "set",
          .group = Command::Group::change,
          .summary = "Make one key a file of your choice",
          .details = "",
          .examples = "unio set train2017/1.jpg ./replacement/1.jpg --meta '{\"label\": \"cat\"}'",
          .setup = setup};
}

}  // namespace unio
