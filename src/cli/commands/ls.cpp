#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/browse.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> reference;
  std::optional<std::string> folder;
  bool all = false;
};

int print_packages(Session& session, const std::string& registry) {
  const auto packages = list_packages(open_registry(session, registry));
  if (session.json()) {
    Json::Array list;
    for (const PackageListing& package : packages) {
      list.push_back(Json::object({{"package", package.name},
                                   {"top_hash", package.top_hash},
                                   {"tags", json_texts(package.tags)},
                                   {"revisions", static_cast<std::uint64_t>(package.revisions)}}));
    }
    session.print_json(Json::object({{"registry", registry}, {"packages", std::move(list)}}));
  }
  if (packages.empty()) session.line(fmt::format("No packages in {}", registry));
  std::size_t width = 0;
  for (const PackageListing& package : packages) width = std::max(width, display_width(package.name));
  for (const PackageListing& package : packages) {
    session.line(fmt::format("{}  {}  {}  {}  {}", padded(package.name, width), short_hash(package.top_hash),
                             package.newest ? human_time(*package.newest) : "-",
                             human_count(package.revisions, "revision"), fmt::join(package.tags, " ")));
  }
  return 0;
}

int print_entries(Session& session, const Options& options) {
  const std::string folder = options.folder.value_or("");
  const Depth depth = options.all ? Depth::all : Depth::one_level;
  const OpenedPackage package = open_part_of(session, *options.reference, {&folder, 1}, depth);
  const auto listing = list_entries(package, folder, depth);
  if (session.json()) {
    Json::Array list;
    for (const Listing& item : listing) {
      list.push_back(Json::object(
          {{"key", item.key}, {"folder", item.folder}, {"size", item.size}, {"entries", item.entries}}));
    }
    session.print_json(Json::object(
        {{"package", package.name.text()}, {"top_hash", package.top_hash}, {"entries", std::move(list)}}));
  }
  for (const Listing& item : listing) {
    const std::string key = printable(item.key);
    session.line(fmt::format("{:>9}  {}", human_size(item.size),
                             item.folder ? session.terminal().colored(Color::blue, key) : key));
  }
  return 0;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference,
                       "a package; without it the packages of the registry are listed");
  arguments.positional("FOLDER", options->folder, "a folder in the package");
  arguments.flag("-a,--all", options->all, "everything below, not one level");
  return [options](Session& session) {
    if (!options->reference) return print_packages(session, session.app().default_registry());
    return print_entries(session, *options);
  };
}

}  // namespace

Command ls_command() {
  return {.name = "ls",
          .group = Command::Group::read,
          .summary = "List packages, or what is in one",
          .details = "",
          .examples = "unio ls\nunio ls team/photos:v1 train2017/",
          .setup = setup};
}

}  // namespace unio
