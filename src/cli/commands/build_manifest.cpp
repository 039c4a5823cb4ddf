#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/build.hpp"

namespace unio {
namespace {

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<ManifestOptions>();
  add_manifest_options(arguments, *options);
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    const BuildResult result = build(
        workspace,
        {.message = options->message, .meta = parse_json_option(options->meta, "--meta"), .ingest = nullptr},
        session.context());
    if (session.json()) {
      session.print_json(Json::object({{"top_hash", result.top_hash},
                                       {"entries", static_cast<std::uint64_t>(result.entries)},
                                       {"bytes", result.bytes},
                                       {"hashed", static_cast<std::uint64_t>(result.hashed)},
                                       {"removed", json_texts(result.removed)},
                                       {"left_out", left_out_json(result.left_out)},
                                       {"secrets", json_texts(result.secrets)}}));
    }
    print_build(session, result);
    warn_left_out(session, result.left_out);
    warn_secrets(session, result.secrets);
    return 0;
  };
}

}  // namespace

Command build_manifest_command() {
  return {.name = "build-manifest",
          .group = Command::Group::change,
          .summary = "Hash what changed and make the manifest, locally",
          .details = "",
          .examples = "unio build-manifest -m \"more labels\"",
          .setup = setup};
}

}  // namespace unio
