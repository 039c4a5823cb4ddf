#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/history.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string reference;
    bool undo = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "NAME:TAG or NAME@HASH: the revision to go back to");
  arguments.flag("--undo", options->undo, "move `latest` back to where it was before its last move");
  return [options](Session& session) {
    const ResolvedRef ref = session.app().resolve(options->reference);
    const Registry registry = open_registry(session, ref.registry);
    if (ref.version.kind == Version::Kind::latest && !options->undo) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' does not say which revision", options->reference),
                  fmt::format("unio log {0} shows them; then unio rollback {0}@HASH", ref.name.text()));
    }
    const TagResult result =
        options->undo
            ? undo_move(registry, ref.name, "latest", session.context())
            : rollback(registry, ref.name, registry.resolve(ref.name, ref.version), session.context());
    if (session.json()) {
      session.print_json(Json::object({{"package", ref.name.text()},
                                       {"top_hash", result.top_hash},
                                       {"previous", result.previous ? Json(*result.previous) : Json()}}));
    }
    session.line(fmt::format("latest of {} is {} now (was {})", ref.name.text(), short_hash(result.top_hash),
                             result.previous ? short_hash(*result.previous) : "absent"));
    return 0;
  };
}

}  // namespace

Command rollback_command() {
  return {.name = "rollback",
          .group = Command::Group::manage,
          .summary = "Make an older revision the latest",
          .details = "Nothing is lost: newer revisions stay, and --undo goes forward again.",
          .examples = "unio rollback team/photos:v1\nunio rollback team/photos --undo",
          .setup = setup};
}

}  // namespace unio
