#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/restore_environment.hpp"

namespace unio {
namespace {

struct Options {
  std::string action;
  std::string id;
  std::optional<std::string> folder;
  std::optional<std::string> python;
  std::optional<std::string> checkout;
  bool force = false;
};

/// What was recorded, and where.
struct Found {
  Registry registry;
  RecordedEnvironment recorded;
};

Found find_recorded(Session& session, const std::string& id) {
  if (is_artifact_id_prefix(id)) {
    Registry registry = open_registry(session, session.app().default_registry());
    RecordedEnvironment recorded = recorded_environment(get_artifact(registry, id, session.context()));
    return {std::move(registry), std::move(recorded)};
  }
  const ResolvedRef ref = session.app().resolve(id);
  Registry registry = open_registry(session, ref.registry);
  const std::string top_hash = registry.resolve(ref.name, ref.version);
  RecordedEnvironment recorded = get_recorded_environment(registry, ref.name, top_hash, session.context());
  return {std::move(registry), std::move(recorded)};
}

std::string_view change_of(const EnvironmentDifference& difference) {
  if (!difference.recorded) return "added";
  return difference.present ? "changed" : "missing";
}

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json();
}

Json differences_json(const std::vector<EnvironmentDifference>& differences) {
  Json::Array list;
  for (const EnvironmentDifference& difference : differences) {
    list.push_back(Json::object({{"part", name(difference.part)},
                                 {"name", difference.name},
                                 {"change", change_of(difference)},
                                 {"recorded", text_or_null(difference.recorded)},
                                 {"present", text_or_null(difference.present)}}));
  }
  return list;
}

bool is_added_package(const EnvironmentDifference& difference) {
  return difference.part == EnvironmentDifference::Part::package && !difference.recorded;
}

/// Many packages that were not recorded are in the way of those that are missing; a few of them are named.
std::vector<EnvironmentDifference> without_many_added(Session& session,
                                                      const std::vector<EnvironmentDifference>& differences) {
  constexpr std::size_t listed_at_most = 10, named = 3;
  std::vector<EnvironmentDifference> rest;
  std::vector<std::string> added;
  for (const EnvironmentDifference& difference : differences) {
    if (is_added_package(difference)) {
      added.push_back(printable(difference.name));
    } else {
      rest.push_back(difference);
    }
  }
  if (added.size() <= listed_at_most) return differences;
  const std::size_t count = added.size();
  added.resize(named);
  session.line(fmt::format("not recorded, but here: {} ({}, ...)", human_count(count, "package"),
                           fmt::join(added, ", ")));
  return rest;
}

void print_differences(Session& session, const std::vector<EnvironmentDifference>& all) {
  const std::vector<EnvironmentDifference> differences = without_many_added(session, all);
  if (differences.empty()) return;
  struct Row {
    std::string what, recorded, present;
  };
  std::vector<Row> rows{{"", "recorded", "here"}};
  std::array<std::size_t, 2> widths{0, 0};
  for (const EnvironmentDifference& difference : differences) {
    rows.push_back({fmt::format("{} {}", name(difference.part), printable(difference.name)),
                    printable(difference.recorded.value_or("-")),
                    printable(difference.present.value_or("-"))});
  }
  for (const Row& row : rows) {
    widths[0] = std::max(widths[0], display_width(row.what));
    widths[1] = std::max(widths[1], display_width(row.recorded));
  }
  for (const Row& row : rows)
    session.line(
        fmt::format("{}  {}  {}", padded(row.what, widths[0]), padded(row.recorded, widths[1]), row.present));
}

int diff_environment(Session& session, const Options& options) {
  for (const bool given : {options.folder.has_value(), options.python.has_value(),
                           options.checkout.has_value(), options.force}) {
    if (given) throw Error(ErrorCode::invalid_argument, "unio env diff takes an ID and nothing else");
  }
  const Found found = find_recorded(session, options.id);
  CaptureOptions what;
  what.python = find_python(session.context());
  const EnvironmentCapture present = capture_environment(what, session.context());
  const EnvironmentComparison comparison = compare_environments(found.recorded, present);
  Json::Array not_recorded;
  for (const auto part : comparison.not_recorded) not_recorded.emplace_back(name(part));
  if (session.json()) {
    session.print_json(Json::object({{"id", found.recorded.id},
                                     {"equal", comparison.differences.empty()},
                                     {"differences", differences_json(comparison.differences)},
                                     {"same_packages", static_cast<std::uint64_t>(comparison.same_packages)},
                                     {"not_recorded", not_recorded}}));
  }
  print_differences(session, comparison.differences);
  for (const auto part : comparison.not_recorded)
    session.line(fmt::format("nothing was recorded of: {}", name(part)));
  session.line(fmt::format("{}; {} as recorded",
                           comparison.differences.empty()
                               ? "no difference"
                               : human_count(comparison.differences.size(), "difference"),
                           human_count(comparison.same_packages, "package")));
  return comparison.differences.empty() ? 0 : 1;
}

Json checkout_json(const RestoredCheckout& checkout) {
  return Json::object({{"folder", checkout.folder.native()},
                       {"commit", checkout.commit},
                       {"remote", text_or_null(checkout.remote)},
                       {"patched", checkout.patched},
                       {"not_patched", text_or_null(checkout.not_patched)},
                       {"untracked", json_texts(checkout.untracked)}});
}

Json restored_json(const std::string& id, const RestoredEnvironment& restored) {
  Json::Array left_out;
  for (const LeftOutRequirement& each : restored.left_out)
    left_out.push_back(Json::object({{"requirement", each.line}, {"why", each.why}}));
  return Json::object({{"id", id},
                       {"equal", restored.is_whole()},
                       {"folder", restored.python ? Json(restored.folder.native()) : Json()},
                       {"python", restored.python ? Json(restored.python->version) : Json()},
                       {"installed", static_cast<std::uint64_t>(restored.installed)},
                       {"left_out", std::move(left_out)},
                       {"differences", differences_json(restored.differences)},
                       {"checkout", restored.checkout ? checkout_json(*restored.checkout) : Json()}});
}

void print_checkout(Session& session, const RestoredCheckout& checkout) {
  session.line(fmt::format("Commit {} is in {}{}", short_hash(checkout.commit),
                           printable(display_local(checkout.folder)),
                           checkout.patched ? ", with the changes that were not committed" : ""));
  if (checkout.not_patched) {
    session.warn(fmt::format("the changes that were not committed are not in it: {}",
                             printable(*checkout.not_patched)));
  }
  if (checkout.untracked.empty()) return;
  constexpr std::size_t most_shown = 10;
  session.line(
      fmt::format("Not in it, since git did not track {}:", human_count(checkout.untracked.size(), "file")));
  for (std::size_t i = 0; i < std::min(most_shown, checkout.untracked.size()); ++i)
    session.line("  " + printable(checkout.untracked[i]));
  if (checkout.untracked.size() > most_shown) session.line("  ...");
}

void print_restored(Session& session, const RestoredEnvironment& restored) {
  if (restored.checkout) print_checkout(session, *restored.checkout);
  if (!restored.python) return;
  for (const LeftOutRequirement& each : restored.left_out)
    session.warn(fmt::format("'{}' is left out: {}", printable(each.line), each.why));
  print_differences(session, restored.differences);
  const std::string folder = printable(display_local(restored.folder));
  session.line(fmt::format("Python {} with {} is in {}", printable(restored.python->version),
                           human_count(restored.installed, "package"), folder));
  session.line(fmt::format("source {}/bin/activate", folder));
}

int restore(Session& session, const Options& options) {
  const Found found = find_recorded(session, options.id);
  RestoreOptions what;
  if (options.folder) what.folder = *options.folder;
  what.replace = options.force ? Replace::yes : Replace::no;
  what.python = options.python;
  if (options.checkout) what.checkout = *options.checkout;
  const RestoredEnvironment restored =
      restore_environment(found.registry, found.recorded, what, session.context());
  if (session.json()) session.print_json(restored_json(found.recorded.id, restored));
  if (!session.json()) print_restored(session, restored);
  return restored.is_whole() ? 0 : 1;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ACTION", options->action, "diff or restore");
  arguments.positional("ID", options->id, "an artifact's id or its beginning, or a package");
  arguments.positional("DIR", options->folder, "of restore: the new virtual environment (default: .venv)");
  arguments.option("--python", "PYTHON", options->python,
                   "of restore: an interpreter, or a version, instead of the recorded one");
  arguments.option(
      "--checkout", "DIR", options->checkout,
      "of restore: check out the recorded commit there, with the changes that were not committed");
  arguments.flag("--force", options->force, "of restore: replace the virtual environment that is there");
  return [options](Session& session) {
    if (options->action == "diff") return diff_environment(session, *options);
    if (options->action == "restore") return restore(session, *options);
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no action", options->action),
                "the actions are diff and restore");
  };
}

}  // namespace

Command env_command() {
  return {
      .name = "env",
      .group = Command::Group::artifact,
      .summary = "Compare with the environment of something, or make it again",
      .details =
          "diff compares Python, packages, system and git with what was recorded. restore makes a virtual "
          "environment\n"
          "with the recorded Python and packages, and compares it with the record. Both end with exit code 1 "
          "when\n"
          "something differs. A checkout is made beside yours, which stays as it is.",
      .examples =
          "unio env diff artifact_b4c3\nunio env restore artifact_b4c3\n"
          "unio env restore team/photos:v1 ../photos-env --checkout ../photos-v1",
      .setup = setup};
}

}  // namespace unio
