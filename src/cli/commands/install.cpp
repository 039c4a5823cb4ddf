#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/install.hpp"

namespace unio {
namespace {

struct Options {
  std::string reference;
  std::optional<std::string> location;
  std::vector<std::string> paths;
  bool force = false;
  bool lazy = false;
};

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "NAME, NAME:TAG or NAME@HASH");
  arguments.option("--location", "DIR", options->location,
                   "target folder (default: the package's last name segment)");
  arguments.option("--path", "KEY", options->paths, "only this entry or folder; may be repeated");
  arguments.flag("--force", options->force,
                 "replace files that were changed here and unknown files in the way");
  arguments.flag("--lazy-download", options->lazy, "fetch files when they are read (not in this version)");
  return [options](Session& session) {
    if (options->lazy) {
      throw Error(ErrorCode::unsupported, "--lazy-download is not in this version of unio",
                  "leave it out, or fetch a part with --path");
    }
    const ResolvedRef ref = session.app().resolve(options->reference);
    const std::string& name = ref.name.text();
    const std::string location = options->location.value_or(name.substr(name.rfind('/') + 1));
    session.line(fmt::format("Installing Package {} to {}/...", options->reference, location));
    const InstallResult result = install(ref,
                                         {.location = location,
                                          .paths = options->paths,
                                          .foreign = options->force ? Foreign::replace : Foreign::refuse},
                                         session.context());
    if (session.json()) {
      session.print_json(Json::object({{"package", name},
                                       {"top_hash", result.top_hash},
                                       {"location", location},
                                       {"fetched", result.fetched},
                                       {"fetched_bytes", result.fetched_bytes},
                                       {"kept", result.kept},
                                       {"left_behind", json_texts(result.left_behind)}}));
    }
    session.line(fmt::format("Installed {}: {} fetched ({}), {} were there", short_hash(result.top_hash),
                             human_count(result.fetched, "file"), human_size(result.fetched_bytes),
                             result.kept));
    for (const std::string& key : result.left_behind) {
      session.line(
          fmt::format("  {} is not in this version; it stays (unio sync removes it)", printable(key)));
    }
    return 0;
  };
}

}  // namespace

Command install_command() {
  return {.name = "install",
          .group = Command::Group::folder,
          .summary = "Fetch a package, or a part of it, into a folder",
          .details =
              "Fetches only what differs and checks every byte. Files that you changed are never touched "
              "without --force.",
          .examples =
              "unio install team/photos:v1 --location ./photos\nunio install team/photos --path train2017/",
          .setup = setup};
}

}  // namespace unio
