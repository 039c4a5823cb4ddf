#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/check_registry.hpp"
#include "engine/store_capabilities.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> action;
  std::optional<std::string> name;
  std::optional<std::string> url;
};

std::string settings_of(const Remote& remote) {
  std::string text;
  for (const auto& [name, value] : remote.s3) text += fmt::format("  {}={}", name, printable(value));
  return text;
}

Json remote_json(const Remote& remote) {
  if (remote.s3.empty()) return remote.url;
  Json json = Json::object({{"url", remote.url}});
  for (const auto& [name, value] : remote.s3) json.set(name, value);
  return json;
}

int list_remotes(Session& session) {
  const auto& remotes = session.app().config().remotes();
  Json::Object all;
  for (const auto& [name, remote] : remotes) all.set(name, remote_json(remote));
  if (session.json()) session.print_json(std::move(all));
  if (remotes.empty()) session.line("No remotes; unio remote add NAME URL makes one");
  for (const auto& [name, remote] : remotes)
    session.line(fmt::format("{}  {}{}", padded(name, 16), printable(remote.url), settings_of(remote)));
  return 0;
}

const std::string& require(const std::optional<std::string>& value, std::string_view what) {
  if (value) return *value;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is missing", what),
              "unio remote --help shows how it is used");
}

/// What the flags of this command say of the service becomes the remote's own.
std::map<std::string, std::string> settings_from_flags(const Config& config) {
  std::map<std::string, std::string> settings;
  for (const std::string_view name : remote_settings()) {
    const ConfigValue& value = config.get(fmt::format("s3.{}", name));
    if (value.origin.starts_with("--")) settings.emplace(name, value.value);
  }
  return settings;
}

int add_remote(Session& session, const Options& options) {
  const std::string& name = require(options.name, "NAME");
  const Remote remote{registry_url(require(options.url, "URL")), settings_from_flags(session.app().config())};
  if (PackageName::parse(name).readable_by_quilt3()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' cannot name a remote: it has a slash", name));
  }
  session.context().stores.get(remote.url);  // throws for what no store understands
  session.app().config().store_remote(name, remote, session.app().random());
  if (session.json()) session.print_json(Json::object({{"name", name}, {"url", remote.url}}));
  session.line(fmt::format("Remote {} is {}{}", name, printable(remote.url), settings_of(remote)));
  return 0;
}

int remove_remote(Session& session, const Options& options) {
  const std::string& name = require(options.name, "NAME");
  if (!session.app().config().find_remote(name)) {
    throw Error(ErrorCode::not_found, fmt::format("there is no remote '{}'", name),
                "unio remote ls lists them");
  }
  session.app().config().store_remote(name, std::nullopt, session.app().random());
  if (session.json()) session.print_json(Json::object({{"removed", name}}));
  session.line(fmt::format("Removed remote {}; its registry is untouched", name));
  return 0;
}

Json check_json(const std::string& url, const RegistryCheck& check) {
  Json json = Json::object({{"registry", url},
                            {"writable", check.writable},
                            {"safe_for_many", check.safe_for_many()},
                            {"swept_uploads", static_cast<std::uint64_t>(check.swept_uploads)}});
  if (!check.writable) json.set("why_not", check.why_not);
  if (check.capabilities) {
    Json store = Json::object();
    add_capabilities(store, *check.capabilities);
    json.set("store", std::move(store));
  }
  return json;
}

void print_check(Session& session, const std::string& url, const RegistryCheck& check) {
  const auto row = [&](bool yes, std::string_view what) {
    session.line(fmt::format("{}  {}", padded(yes ? "yes" : "no", 3), what));
  };
  session.line(fmt::format("Registry {}", printable(url)));
  row(true, "can be read");
  row(check.writable, check.writable ? "can be written" : "can be written: " + printable(check.why_not));
  if (check.capabilities) {
    for (const CapabilityName& name : capability_names())
      row((*check.capabilities).*name.member, name.meaning);
  }
  row(check.safe_for_many(), "several people may publish at once");
  if (check.swept_uploads > 0)
    session.line(fmt::format("Removed {} that were abandoned", human_count(check.swept_uploads, "upload")));
}

/// A remote's name, a registry, or nothing for the default registry.
int check_remote(Session& session, const Options& options) {
  const App& app = session.app();
  const Config& config = session.app().config();
  std::string url = app.default_registry();
  if (options.name) url = registry_url(config.find_remote(*options.name).value_or(*options.name));
  const RegistryCheck check = check_registry(open_registry(session, url), session.context());
  if (session.json()) session.print_json(check_json(url, check));
  if (!session.json()) print_check(session, url, check);
  return check.safe_for_many() ? 0 : 1;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ACTION", options->action, "add, ls, rm or check; without it all are listed");
  arguments.positional("NAME", options->name, "short name of a registry");
  arguments.positional("URL", options->url, "a folder or a URL");
  return [options](Session& session) {
    const std::string action = options->action.value_or("ls");
    if (action == "ls") return list_remotes(session);
    if (action == "add") return add_remote(session, *options);
    if (action == "rm") return remove_remote(session, *options);
    if (action == "check") return check_remote(session, *options);
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no action", action),
                "the actions are add, ls, rm and check");
  };
}

}  // namespace

Command remote_command() {
  return {.name = "remote",
          .group = Command::Group::manage,
          .summary = "Give registries short names, and see what they can do",
          .details =
              "A package of the remote `lab` is named lab/team/photos. --endpoint-url, --region, --profile "
              "and --no-sign-request with `add` are kept and count for that bucket from then on. `check` "
              "tries what the registry, or its service, can do; it ends with exit code 1 when several "
              "people may not publish there at once.",
          .examples =
              "unio remote add lab /data/registry\nunio remote ls\nunio remote check lab\n"
              "unio --endpoint-url https://s3.example.org remote add cloud s3://bucket/team\n"
              "unio remote rm lab",
          .setup = setup};
}

}  // namespace unio
