#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> action;
  std::optional<std::string> key;
  std::optional<std::string> value;
};

int list_values(Session& session) {
  const Config& config = session.app().config();
  Json::Object all;
  for (const ConfigKey& key : config_keys()) {
    const ConfigValue& value = config.get(key.name);
    all.set(std::string(key.name), Json::object({{"value", value.value}, {"origin", value.origin}}));
    session.line(
        fmt::format("{:<12} {:<40} ({})", key.name, printable(value.value), printable(value.origin)));
  }
  if (session.json()) session.print_json(std::move(all));
  session.line(fmt::format("\nThe file is {}", printable(config.path().native())));
  return 0;
}

const std::string& require(const std::optional<std::string>& value, std::string_view what) {
  if (value) return *value;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is missing", what),
              "unio config --help shows how it is used");
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ACTION", options->action, "get, set or unset; without it all values are listed");
  arguments.positional("KEY", options->key, "a key of the list");
  arguments.positional("VALUE", options->value, "the new value");
  return [options](Session& session) {
    const std::string action = options->action.value_or("list");
    Config& config = session.app().config();
    if (action == "list") return list_values(session);
    const std::string& key = require(options->key, "KEY");
    if (action == "get") {
      const ConfigValue& value = config.get(key);
      if (session.json())
        session.print_json(Json::object({{"value", value.value}, {"origin", value.origin}}));
      session.result(value.value);
      return 0;
    }
    if (action != "set" && action != "unset") {
      throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no action", action),
                  "the actions are get, set and unset");
    }
    const auto value = action == "set" ? std::optional(require(options->value, "VALUE")) : std::nullopt;
    config.store(key, value, session.app().random());
    if (session.json())
      session.print_json(Json::object({{"key", key}, {"value", value ? Json(*value) : Json()}}));
    session.line(value ? fmt::format("{} = {}", key, printable(*value))
                       : fmt::format("{} has its default again", key));
    return 0;
  };
}

}  // namespace

Command config_command() {
  return {.name = "config",
          .group = Command::Group::manage,
          .summary = "Show and change settings, with where each comes from",
          .details = "Flags go over environment variables, these over the file, the file over defaults.",
          .examples = "unio config\nunio config set registry /data/registry\nunio config unset registry",
          .setup = setup};
}

}  // namespace unio
