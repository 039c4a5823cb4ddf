#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> action;
  std::optional<std::string> name;
  std::optional<std::string> url;
};

int list_remotes(Session& session) {
  const auto& remotes = session.app().config().remotes();
  Json::Object all;
  for (const auto& [name, url] : remotes) all.set(name, url);
  if (session.json()) session.print_json(std::move(all));
  if (remotes.empty()) session.line("No remotes; unio remote add NAME URL makes one");
  for (const auto& [name, url] : remotes)
    session.line(fmt::format("{}  {}", padded(name, 16), printable(url)));
  return 0;
}

const std::string& require(const std::optional<std::string>& value, std::string_view what) {
  if (value) return *value;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is missing", what),
              "unio remote --help shows how it is used");
}

int add_remote(Session& session, const Options& options) {
  const std::string& name = require(options.name, "NAME");
  const std::string url = registry_url(require(options.url, "URL"));
  if (PackageName::parse(name).readable_by_quilt3()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' cannot name a remote: it has a slash", name));
  }
  session.context().stores.get(url);  // throws for what no store understands
  session.app().config().store("remotes." + name, url, session.app().random());
  if (session.json()) session.print_json(Json::object({{"name", name}, {"url", url}}));
  session.line(fmt::format("Remote {} is {}", name, url));
  return 0;
}

int remove_remote(Session& session, const Options& options) {
  const std::string& name = require(options.name, "NAME");
  if (!session.app().config().find_remote(name)) {
    throw Error(ErrorCode::not_found, fmt::format("there is no remote '{}'", name),
                "unio remote ls lists them");
  }
  session.app().config().store("remotes." + name, std::nullopt, session.app().random());
  if (session.json()) session.print_json(Json::object({{"removed", name}}));
  session.line(fmt::format("Removed remote {}; its registry is untouched", name));
  return 0;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ACTION", options->action, "add, ls or rm; without it all are listed");
  arguments.positional("NAME", options->name, "short name of a registry");
  arguments.positional("URL", options->url, "a folder or a URL");
  return [options](Session& session) {
    const std::string action = options->action.value_or("ls");
    if (action == "ls") return list_remotes(session);
    if (action == "add") return add_remote(session, *options);
    if (action == "rm") return remove_remote(session, *options);
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no action", action),
                "the actions are add, ls and rm");
  };
}

}  // namespace

Command remote_command() {
  return {.name = "remote",
          .group = Command::Group::manage,
          .summary = "Give registries short names",
          .details = "A package of the remote `lab` is named lab/team/photos.",
          .examples = "unio remote add lab /data/registry\nunio remote ls\nunio remote rm lab",
          .setup = setup};
}

}  // namespace unio
