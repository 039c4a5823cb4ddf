#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/cache.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> reference;
  std::optional<std::string> key;
  bool clear = false;
};

int print_usage(Session& session) {
  const CacheUsage usage = session.app().cache().usage();
  const std::string& folder = session.app().config().get("cache.dir").value;
  if (session.json()) {
    session.print_json(
        Json::object({{"folder", folder}, {"bytes", usage.bytes}, {"capacity", usage.capacity}}));
  }
  session.line(
      fmt::format("{} of {} used in {}", human_size(usage.bytes), human_size(usage.capacity), folder));
  return 0;
}

void print_entries(Session& session, std::string_view done, const CachedEntries& result) {
  if (session.json())
    session.print_json(Json::object({{"entries", result.entries}, {"bytes", result.bytes}}));
  session.line(
      fmt::format("{} {} ({})", done, human_count(result.entries, "entry"), human_size(result.bytes)));
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "a package; without it the cache's size is shown");
  arguments.positional("KEY", options->key, "an entry or folder (default: all of the package)");
  arguments.flag("--clear", options->clear, "drop what only this package uses");
  return [options](Session& session) {
    if (!options->reference && options->clear) {
      throw Error(ErrorCode::invalid_argument, "--clear needs a package", "unio cache REF --clear");
    }
    if (!options->reference) return print_usage(session);
    if (!options->clear) {
      const OpenedPackage package = open_reference(session, *options->reference);
      print_entries(session, "Keeping", keep_in_cache(package, options->key.value_or(""), session.context()));
      return 0;
    }
    const ResolvedRef ref = session.app().resolve(*options->reference);
    print_entries(session, "Cleared",
                  clear_from_cache(open_registry(session, ref.registry), ref.name, session.context()));
    return 0;
  };
}

}  // namespace

Command cache_command() {
  return {.name = "cache",
          .group = Command::Group::manage,
          .summary = "Keep content on this machine, or let it go",
          .details =
              "Registries that are folders are read in place, so only what you ask for is cached, for "
              "example from a\n"
              "network drive. What is kept stays until it is cleared.",
          .examples = "unio cache\nunio cache team/photos:v1 train2017/\nunio cache team/photos --clear",
          .setup = setup};
}

}  // namespace unio
