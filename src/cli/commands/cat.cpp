#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/browse.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string reference;
    std::string key;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "a package");
  arguments.positional("KEY", options->key, "an entry");
  return [options](Session& session) {
    const OpenedPackage package = open_part_of(session, options->reference, {&options->key, 1});
    cat(package, options->key, session.context(),
        [&](Bytes bytes) { session.terminal().write(as_text(bytes)); });
    return 0;
  };
}

}  // namespace

Command cat_command() {
  return {.name = "cat",
          .group = Command::Group::read,
          .summary = "Print the content of an entry",
          .details = "The content is checked while it is printed; damage ends with exit code 9.",
          .examples = "unio cat team/photos:v1 README.md",
          .setup = setup};
}

}  // namespace unio
