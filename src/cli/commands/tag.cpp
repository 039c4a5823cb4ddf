#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/history.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

struct Options {
  std::string reference;
  std::optional<std::string> tag;
  bool force = false;
  bool remove = false;
  bool undo = false;
};

int print_tags(Session& session, const Registry& registry, const PackageName& name) {
  Json::Array list;
  for (const Pointer& pointer : registry.pointers(name)) {
    if (is_timestamp(pointer.name)) continue;
    list.push_back(Json::object({{"tag", pointer.name}, {"top_hash", pointer.top_hash}}));
    if (!session.json()) session.line(fmt::format("{}  {}", padded(pointer.name, 20), pointer.top_hash));
  }
  if (session.json()) session.print_json(Json::object({{"package", name.text()}, {"tags", std::move(list)}}));
  return 0;
}

int print_reflog(Session& session, const Registry& registry, const PackageName& name,
                 const std::string& tag) {
  Json::Array list;
  for (const ReflogEntry& entry : reflog(registry, name, tag)) {
    list.push_back(Json::object({{"when", format_time(entry.when)},
                                 {"operation", entry.operation},
                                 {"user", entry.user},
                                 {"from", entry.from ? Json(*entry.from) : Json()},
                                 {"to", entry.to ? Json(*entry.to) : Json()}}));
    if (session.json()) continue;
    const auto shown = [](const std::optional<std::string>& hash) {
      return hash ? short_hash(*hash) : "(absent)";
    };
    session.line(fmt::format("{}  {} -> {}  {} by {}", human_time(unix_seconds(entry.when)),
                             shown(entry.from), shown(entry.to), entry.operation, printable(entry.user)));
  }
  if (session.json()) session.print_json(Json::object({{"tag", tag}, {"moves", std::move(list)}}));
  return 0;
}

void print_moved(Session& session, const PackageName& name, const std::string& tag, const TagResult& result) {
  if (session.json()) {
    session.print_json(Json::object({{"package", name.text()},
                                     {"tag", tag},
                                     {"top_hash", result.top_hash.empty() ? Json() : Json(result.top_hash)},
                                     {"previous", result.previous ? Json(*result.previous) : Json()}}));
  }
  const std::string before = result.previous ? fmt::format(" (was {})", short_hash(*result.previous)) : "";
  session.line(result.top_hash.empty() ? fmt::format("Removed tag {}:{}{}", name.text(), tag, before)
                                       : fmt::format("Linking {}:{} to manifest {}{}", name.text(), tag,
                                                     short_hash(result.top_hash), before));
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "a package, with the revision that is meant");
  arguments.positional("TAG", options->tag,
                       "the tag to make or move; without it tags, or with REF:TAG moves, are listed");
  arguments.flag("--force", options->force, "move a tag that is elsewhere");
  arguments.flag("--delete", options->remove, "remove the tag");
  arguments.flag("--undo", options->undo, "move the tag back to where it was before its last move");
  return [options](Session& session) {
    const ResolvedRef ref = session.app().resolve(options->reference);
    const Registry registry = open_registry(session, ref.registry);
    if (!options->tag) {
      if (ref.version.kind == Version::Kind::tag)
        return print_reflog(session, registry, ref.name, ref.version.value);
      return print_tags(session, registry, ref.name);
    }
    TagResult result;
    if (options->remove) {
      result = remove_tag(registry, ref.name, *options->tag, session.context());
    } else if (options->undo) {
      result = undo_move(registry, ref.name, *options->tag, session.context());
    } else {
      result = tag_revision(registry, ref.name, *options->tag, registry.resolve(ref.name, ref.version),
                            options->force ? Force::yes : Force::no, session.context());
    }
    print_moved(session, ref.name, *options->tag, result);
    return 0;
  };
}

}  // namespace

Command tag_command() {
  return {
      .name = "tag",
      .group = Command::Group::manage,
      .summary = "Name a revision, or list, move, undo and remove names",
      .details = "Every move is kept: `unio tag NAME:TAG` lists them, --undo goes one back.",
      .examples =
          "unio tag team/photos@3e6e97ccc stable\nunio tag team/photos\nunio tag team/photos stable --undo",
      .setup = setup};
}

}  // namespace unio
