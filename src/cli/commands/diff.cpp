#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "model/manifest.hpp"

namespace unio {
namespace {

constexpr std::size_t shown_at_most = 100;

std::string_view kind_name(EntryChange::Kind kind) {
  switch (kind) {
    case EntryChange::Kind::added:
      return "added";
    case EntryChange::Kind::removed:
      return "removed";
    case EntryChange::Kind::modified:
      return "modified";
  }
  return {};
}

Json change_json(const EntryChange& change) {
  Json json = Json::object({{"kind", kind_name(change.kind)}, {"key", change.logical_key}});
  const auto side = [](const Entry& entry) {
    return Json::object({{"size", entry.size},
                         {"hash", entry.digest ? Json(entry.digest->text()) : Json()},
                         {"meta", Json::parse(entry.meta.empty() ? "{}" : entry.meta)}});
  };
  if (change.before) json.set("before", side(*change.before));
  if (change.after) json.set("after", side(*change.after));
  return json;
}

std::string change_line(Session& session, const EntryChange& change) {
  Terminal& terminal = session.terminal();
  const std::string key = printable(change.logical_key);
  switch (change.kind) {
    case EntryChange::Kind::added:
      return terminal.colored(Color::green, "+ " + key) + fmt::format("  {}", human_size(change.after->size));
    case EntryChange::Kind::removed:
      return terminal.colored(Color::red, "- " + key) + fmt::format("  {}", human_size(change.before->size));
    case EntryChange::Kind::modified:
      break;
  }
  std::string what;
  if (change.content_changed) {
    what = fmt::format("{} -> {}", human_size(change.before->size), human_size(change.after->size));
  }
  if (change.meta_changed) what += what.empty() ? "metadata" : ", metadata";
  return terminal.colored(Color::yellow, "~ " + key) + "  " + what;
}

void print_diff(Session& session, const ManifestDiff& diff) {
  if (diff.package_meta_changed) session.line("~ metadata of the package");
  for (std::size_t i = 0; i < std::min(diff.entries.size(), shown_at_most); ++i) {
    session.line(change_line(session, diff.entries[i]));
  }
  if (diff.entries.size() > shown_at_most) {
    session.line(fmt::format("and {} more (--json lists all)", diff.entries.size() - shown_at_most));
  }
  session.line(fmt::format("{} added, {} removed, {} changed", diff.added, diff.removed, diff.modified));
}

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string before;
    std::optional<std::string> after;
    bool exit_code = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("BEFORE", options->before, "a package");
  arguments.positional("AFTER", options->after, "another one (default: latest of BEFORE's package)");
  arguments.flag("--exit-code", options->exit_code, "exit with 1 when there are differences");
  return [options](Session& session) {
    const OpenedPackage before = open_reference(session, options->before);
    ResolvedRef latest{before.registry.url(), before.name, Version{}};
    const OpenedPackage after =
        options->after ? open_reference(session, *options->after) : open_package(latest, session.context());
    const ManifestDiff result = diff(before.manifest, after.manifest);
    if (session.json()) {
      Json::Array changes;
      for (const EntryChange& change : result.entries) changes.push_back(change_json(change));
      session.print_json(Json::object({{"before", before.top_hash},
                                       {"after", after.top_hash},
                                       {"package_meta_changed", result.package_meta_changed},
                                       {"entries", std::move(changes)}}));
    }
    if (!session.json()) print_diff(session, result);
    return options->exit_code && !result.empty() ? 1 : 0;
  };
}

}  // namespace

Command diff_command() {
  return {.name = "diff",
          .group = Command::Group::read,
          .summary = "Show what differs between two revisions",
          .details = "",
          .examples = "unio diff team/photos:v1 team/photos:v2\nunio diff team/photos:v1",
          .setup = setup};
}

}  // namespace unio
