#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/sync.hpp"

namespace unio {
namespace {

std::string_view kind_name(SyncChange::Kind kind) {
  switch (kind) {
    case SyncChange::Kind::removed:
      return "removed";
    case SyncChange::Kind::replaced:
      return "replaced";
    case SyncChange::Kind::restored:
      return "restored";
  }
  return {};
}

Json change_json(const SyncChange& change) {
  return Json::object(
      {{"kind", kind_name(change.kind)}, {"key", change.key}, {"path", change.path}, {"url", change.url}});
}

void print_changes(Session& session, const SyncResult& result, DryRun dry_run) {
  if (result.changes.empty()) return session.line("Nothing to do: the folder matches its manifest");
  session.line(dry_run == DryRun::yes ? "Would change:" : "Changes:");
  for (const SyncChange& change : result.changes) {
    const std::string path = printable(display_local(change.path));
    session.line(change.url.empty()
                     ? fmt::format("  {} {}", path, kind_name(change.kind))
                     : fmt::format("  {} {} with {}", path, kind_name(change.kind), printable(change.url)));
  }
  if (!result.trash.empty())
    session.line(fmt::format("What was taken away is in {}", display_local(result.trash)));
}

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::optional<std::string> directory;
    bool dry_run = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("DIR", options->directory, "workspace (default: here)");
  arguments.flag("-n,--dry-run", options->dry_run, "only show what would change");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session, options->directory);
    const auto lock = workspace.lock();
    const DryRun dry_run = options->dry_run ? DryRun::yes : DryRun::no;
    const SyncResult result = sync(workspace, dry_run, session.context());
    if (session.json()) {
      Json::Array changes;
      for (const SyncChange& change : result.changes) changes.push_back(change_json(change));
      session.print_json(Json::object({{"changes", std::move(changes)}, {"trash", result.trash}}));
    }
    print_changes(session, result, dry_run);
    return 0;
  };
}

}  // namespace

Command sync_command() {
  return {
      .name = "sync",
      .group = Command::Group::folder,
      .summary = "Make a folder match its package exactly",
      .details = "Changed and unknown files are moved to .unio/trash/, missing and changed ones are fetched.",
      .examples = "unio sync ./photos --dry-run\nunio sync ./photos",
      .setup = setup};
}

}  // namespace unio
