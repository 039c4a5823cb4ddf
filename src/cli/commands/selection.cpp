#include "cli/commands/selection.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "cli/commands/common.hpp"
#include "cli/commands/surroundings.hpp"
#include "engine/builder_edit.hpp"
#include "engine/content.hpp"

namespace unio {

void add_source_options(Arguments& arguments, SelectionOptions& options) {
  arguments.option("--entries", "REF", options.entries,
                   "the package whose entries are chosen from (required)");
  arguments.option("--seed", "SEED", options.seed, "another one chooses others (default: 0)");
}

void add_target_options(Arguments& arguments, SelectionOptions& options, std::string to, std::string help) {
  arguments.option("--to", std::move(to), options.to, std::move(help));
  arguments.option("-t,--tag", "TAG", options.tag, "with --to: tag to link to the revision");
  arguments.option("-m,--message", "TEXT", options.message, "with --to: message of the revision");
  arguments.flag("--force", options.force, "with --to: move the tag although it is elsewhere");
}

ResolvedRef source_of(Session& session, const SelectionOptions& options) {
  if (!options.entries) {
    throw Error(ErrorCode::invalid_argument, "--entries is required",
                "--entries REF names the package whose entries are chosen from");
  }
  if (!options.to && (options.tag || options.message || options.force)) {
    throw Error(ErrorCode::invalid_argument, "without --to nothing is published that has a tag or message",
                "--to says under which name");
  }
  if (options.tag) check_tag_name(*options.tag);
  return session.app().resolve(*options.entries);
}

ResolvedRef target_of(Session& session, const ResolvedRef& source, const std::string& to) {
  ResolvedRef target = session.app().resolve(to);
  if (target.version.kind != Version::Kind::latest) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' names a version, and a new revision has none", to),
                fmt::format("--to {} publishes it, -t gives it a tag", target.name.text()));
  }
  if (target.name == source.name && target.registry == source.registry) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is the package that is chosen from; its `latest` would move", to),
                "give --to another name");
  }
  return target;
}

Workspace make_selection(Session& session, const OpenedPackage& source,
                         const std::vector<std::size_t>& indexes, const ResolvedRef& target) {
  Workspace selection =
      init_from_package(target, source, indexes, session.app().new_scratch_folder(), session.context());
  if (points_at_local_files(open_registry(session, target.registry), selection.manifest())) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("'{}' cannot point at entries of '{}' that are files of this machine",
                            target.registry, source.name.text()),
                "publish in the registry that they are in; unio add --package and unio push copy from there");
  }
  return selection;
}

Json publish_selection(Session& session, const OpenedPackage& source, Workspace& selection,
                       const SelectionOptions& options) {
  const PackageName& name = selection.state().ref.name;
  session.line(fmt::format("Publishing {} of {} of {} ({}) as {}", selection.manifest().size(),
                           human_count(source.manifest.size(), "entry"), source.name.text(),
                           short_hash(source.top_hash), name.text()));
  const auto lock = selection.lock();
  const PushManifestOptions push{.tag = options.tag,
                                 .message = options.message,
                                 .meta = std::nullopt,
                                 .force = options.force ? Force::yes : Force::no,
                                 .allow_local_files = false,
                                 .capture = push_capture(session, std::nullopt, "."),
                                 .based_on = {}};
  const PushResult result = push_manifest(selection, push, session.context());
  if (result.published) session.line(fmt::format("Tophash: {}", result.top_hash));
  print_published(session, selection, result, options.tag);
  note_name(session, name);
  return published_json(selection, result);
}

Json keys_json(const Manifest& manifest, const std::vector<std::size_t>& indexes) {
  Json::Array keys;
  for (const std::size_t i : indexes) keys.push_back(manifest[i].logical_key());
  return keys;
}

}  // namespace unio
