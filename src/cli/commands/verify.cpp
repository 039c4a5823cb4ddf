#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/verify.hpp"

namespace unio {
namespace {

std::string_view kind_name(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::missing:
      return "missing";
    case Difference::Kind::changed:
      return "changed";
    case Difference::Kind::unknown:
      return "unknown";
    case Difference::Kind::unreadable:
      return "unreadable";
  }
  return {};
}

std::string sentence(const Difference& difference, const std::string& package) {
  const std::string path = printable(display_local(difference.path));
  switch (difference.kind) {
    case Difference::Kind::missing:
      return fmt::format("{} is in the manifest {}, but does not exist locally", path, package);
    case Difference::Kind::changed:
      return fmt::format("{} exists locally, but contents do not match manifest {}", path, package);
    case Difference::Kind::unknown:
      return fmt::format("{} exists locally, but does not exist in the manifest {}", path, package);
    case Difference::Kind::unreadable:
      return fmt::format("{} cannot be read: {}", path, difference.detail);
  }
  return path;
}

Json difference_json(const Difference& difference) {
  return Json::object({{"kind", kind_name(difference.kind)},
                       {"key", difference.key},
                       {"path", difference.path},
                       {"detail", difference.detail}});
}

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::optional<std::string> directory;
    bool fast = false;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("DIR", options->directory, "workspace (default: here)");
  arguments.flag("--fast", options->fast, "read only files whose size or times changed");
  return [options](Session& session) {
    Workspace workspace = find_workspace(options->directory);
    const auto thoroughness = options->fast ? Thoroughness::stat_index : Thoroughness::content;
    const VerifyResult result = verify(workspace, thoroughness, session.context());
    const std::string package = workspace.state().ref.display();
    if (session.json()) {
      Json::Array differences;
      for (const Difference& difference : result.differences)
        differences.push_back(difference_json(difference));
      session.print_json(Json::object({{"package", workspace.state().ref.name.text()},
                                       {"top_hash", result.top_hash},
                                       {"matches", result.matches()},
                                       {"files", result.files},
                                       {"differences", std::move(differences)}}));
    }
    for (const Difference& difference : result.differences) session.line(sentence(difference, package));
    if (!result.matches()) {
      session.line(
          fmt::format("This can be fixed by calling `unio sync {}`", display_local(workspace.root())));
      return 1;
    }
    session.line(fmt::format("True: {} match the manifest of {} ({})", human_count(result.files, "file"),
                             package, short_hash(result.top_hash)));
    return 0;
  };
}

}  // namespace

Command verify_command() {
  return {
      .name = "verify",
      .group = Command::Group::folder,
      .summary = "Prove that a folder is exactly its package",
      .details = "Reads and hashes every file. Exit code 1 when something is missing, altered or too much.",
      .examples = "unio verify ./photos\nunio verify --fast",
      .setup = setup};
}

}  // namespace unio
