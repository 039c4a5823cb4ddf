#include <fmt/format.h>

#include <iostream>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/history.hpp"

namespace unio {
namespace {

/// A person is asked; a script must say --yes.
void confirm(Session& session, const std::string& reference) {
  const Error declined(ErrorCode::failed_precondition, fmt::format("'{}' was not deleted", reference),
                       "--yes answers the question");
  if (!session.terminal().interactive()) throw declined;
  session.warn(fmt::format("delete the names of '{}'? [y/N]", reference));
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "yes") throw declined;
}

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string reference;
    bool yes = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "a package, or one revision of it");
  arguments.flag("-y,--yes", options->yes, "do not ask");
  return [options](Session& session) {
    const ResolvedRef ref = session.app().resolve(options->reference);
    const Registry registry = open_registry(session, ref.registry);
    std::optional<std::string> top_hash;
    if (ref.version.kind != Version::Kind::latest) top_hash = registry.resolve(ref.name, ref.version);
    if (!options->yes) confirm(session, options->reference);
    const DeleteResult result = delete_package(registry, ref.name, top_hash, session.context());
    if (session.json()) {
      session.print_json(
          Json::object({{"removed", json_texts(result.pointers)}, {"latest_moved", result.latest_moved}}));
    }
    session.line(fmt::format("Removed {} of {}; manifests and data stay in {}",
                             human_count(result.pointers.size(), "name"), options->reference,
                             registry.url()));
    if (result.latest_moved) session.line("latest is the newest revision that is left");
    return 0;
  };
}

}  // namespace

Command delete_command() {
  return {.name = "delete",
          .group = Command::Group::manage,
          .summary = "Remove the names of a package or of one revision",
          .details = "Only names go. Manifests and data stay, because other packages may share them.",
          .examples = "unio delete team/photos --yes\nunio delete team/photos@3e6e97ccc",
          .setup = setup};
}

}  // namespace unio
