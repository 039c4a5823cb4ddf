#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/folder_hash.hpp"

namespace unio {
namespace {

std::string hash_manifest_file(const std::filesystem::path& path) {
  return in_context(fmt::format("read '{}'", path.native()), [&] {
    ManifestReader reader;
    File file = File::open_for_reading(path);
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    while (const std::size_t count = file.read(buffer)) reader.feed(as_text(Bytes(buffer).first(count)));
    return reader.finish().top_hash();
  });
}

/// A path may look like a reference; "./" decides.
bool names_package(Session& session, const std::string& text) {
  try {
    const ResolvedRef ref = session.app().resolve(text);
    open_registry(session, ref.registry).resolve(ref.name, ref.version);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string hash_of(Session& session, const std::string& what) {
  std::error_code ignored;
  const auto status = std::filesystem::status(what, ignored);
  if (!std::filesystem::exists(status)) return open_reference(session, what).manifest.top_hash();
  const bool decided =
      what.starts_with("./") || what.starts_with("../") || what.starts_with('/') || what == ".";
  if (!decided && names_package(session, what)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a path and names a package", what),
                fmt::format("write ./{} for the path", what));
  }
  if (std::filesystem::is_regular_file(status)) return hash_manifest_file(what);
  const auto workspace = Workspace::find(what);
  if (!workspace) {
    throw Error(ErrorCode::not_found, fmt::format("'{}' is no workspace", what),
                "unio init NAME makes one, unio install NAME --location DIR fetches one");
  }
  Workspace found = *workspace;
  return folder_hash(found, session.context());
}

CommandRun setup(Arguments& arguments) {
  auto what = std::make_shared<std::string>();
  arguments.positional("DIR_OR_REF_OR_FILE", *what, "a workspace, a package, or a manifest file");
  return [what](Session& session) {
    const std::string hash = hash_of(session, *what);
    if (session.json()) session.print_json(Json::object({{"top_hash", hash}}));
    session.result(hash);
    return 0;
  };
}

}  // namespace

Command hash_command() {
  return {.name = "hash",
          .group = Command::Group::folder,
          .summary = "Print the top hash of a folder, a package or a manifest",
          .details =
              "For a folder: what its content would build to, equal to its package's hash exactly when "
              "nothing changed.",
          .examples = "unio hash ./photos\nunio hash team/photos:v1\nunio hash manifest.jsonl",
          .setup = setup};
}

}  // namespace unio
