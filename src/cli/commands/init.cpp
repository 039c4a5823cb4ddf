#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string name;
    std::optional<std::string> directory;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("NAME", options->name, "name of the package, for example team/photos");
  arguments.positional("DIR", options->directory, "folder of the workspace (default: here)");
  return [options](Session& session) {
    const ResolvedRef ref = session.app().resolve(options->name);
    if (ref.version.kind != Version::Kind::latest) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' names a version, but a new package has none", options->name),
                  fmt::format("unio init {} makes one, unio install {} fetches that version", ref.name.text(),
                              options->name));
    }
    const Workspace workspace = init_workspace(ref, options->directory.value_or("."), session.context());
    if (session.json()) {
      session.print_json(Json::object({{"package", ref.name.text()},
                                       {"registry", ref.registry},
                                       {"workspace", workspace.root().native()}}));
    }
    session.line(fmt::format("New PackageBuilder {} created", options->name));
    note_name(session, ref.name);
    return 0;
  };
}

}  // namespace

Command init_command() {
  return {.name = "init",
          .group = Command::Group::start,
          .summary = "Make this folder the workspace of a new package",
          .details = "",
          .examples = "unio init team/photos",
          .setup = setup};
}

}  // namespace unio
