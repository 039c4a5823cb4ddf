#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/builder_edit.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> first;
  std::optional<std::string> second;
  std::optional<std::string> package;
  bool overwrite = false;
};

void print_added(Session& session, const Workspace& workspace, const AddResult& result) {
  const std::string& name = workspace.state().ref.name.text();
  if (session.json()) {
    session.print_json(Json::object({{"key", result.key},
                                     {"source", result.source},
                                     {"files", result.files},
                                     {"bytes", result.bytes},
                                     {"secrets", json_texts(result.secrets)},
                                     {"left_out", left_out_json(result.left_out)}}));
  }
  if (result.folder) {
    const std::string place = result.key.empty() ? "" : " as " + printable(result.key);
    session.line(fmt::format("Adding contents of directory {} to {}{}... ({}, {})", printable(result.source),
                             name, place, human_count(result.files, "file"), human_size(result.bytes)));
  } else {
    session.line(fmt::format("Adding {} to {} as {}", printable(result.source), name, printable(result.key)));
  }
  warn_left_out(session, result.left_out);
  warn_secrets(session, result.secrets);
}

int add_reference(Session& session, Workspace& workspace, const Options& options) {
  if (options.second) throw Error(ErrorCode::invalid_argument, "--package takes one KEY at most");
  const ResolvedRef ref = session.app().resolve(*options.package);
  const AddPackageResult result =
      add_package(workspace, ref, options.first.value_or(""),
                  options.overwrite ? Overwrite::yes : Overwrite::no, session.context());
  if (session.json()) {
    session.print_json(Json::object(
        {{"top_hash", result.top_hash}, {"entries", static_cast<std::uint64_t>(result.entries)}}));
  }
  session.line(fmt::format("Adding {} of package {} ({}) to {}", human_count(result.entries, "entry"),
                           *options.package, short_hash(result.top_hash), workspace.state().ref.name.text()));
  return 0;
}

int add_bucket(Session& session, Workspace& workspace, const Options& options) {
  if (!options.second) {
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' needs a key", *options.first),
                fmt::format("unio add KEY {}", *options.first));
  }
  const AddObjectsResult result =
      add_objects(workspace, *options.second, *options.first,
                  options.overwrite ? Overwrite::yes : Overwrite::no, session.context());
  if (session.json())
    session.print_json(Json::object({{"objects", result.objects}, {"bytes", result.bytes}}));
  session.line(fmt::format("Adding contents of {} to {} as {}... ({}, {})", printable(*options.second),
                           workspace.state().ref.name.text(), printable(*options.first),
                           human_count(result.objects, "object"), human_size(result.bytes)));
  return 0;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("SOURCE_OR_KEY", options->first, "a file or folder; or its key, when SOURCE follows");
  arguments.positional("SOURCE", options->second, "a file or folder anywhere, or s3://bucket/prefix/");
  arguments.option("--package", "REF", options->package,
                   "add the entries of this package instead of local files");
  arguments.flag("--overwrite", options->overwrite, "let what is added win over what has its keys now");
  return [options](Session& session) {
    Workspace workspace = find_whole_workspace(session);
    const auto lock = workspace.lock();
    if (options->package) return add_reference(session, workspace, *options);
    if (!options->first) {
      throw Error(ErrorCode::invalid_argument, "nothing to add",
                  "unio add FILE_OR_FOLDER, or unio add KEY SOURCE");
    }
    if (const std::string& source = options->second.value_or(*options->first); source.starts_with("s3://")) {
      return add_bucket(session, workspace, *options);
    }
    AddRequest request;
    request.source = options->second.value_or(*options->first);
    if (options->second) request.key = *options->first;
    request.overwrite = options->overwrite ? Overwrite::yes : Overwrite::no;
    print_added(session, workspace, add(workspace, ".", request, session.context()));
    return 0;
  };
}

}  // namespace

Command add_command() {
  return {
      .name = "add",
      .group = Command::Group::change,
      .summary = "Add files, a folder or another package",
      .details =
          "A folder stays connected: files that appear in it later are part of the next build.\n"
          "Keys are relative to the workspace's root; a source outside needs a KEY.",
      .examples =
          "unio add train2017/\nunio add val2017/ ../validation/\nunio add --package team/labels:v1 labels/",
      .setup = setup};
}

}  // namespace unio
