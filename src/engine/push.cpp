#include "engine/push.hpp"

#include <vector>

#include "base/error.hpp"
#include "engine/browse.hpp"
#include "engine/captured_description.hpp"
#include "engine/content.hpp"
#include "engine/move_data.hpp"

namespace unio {
namespace {

void refuse_local_files(const Manifest& manifest, const Registry& registry) {
  if (!points_at_local_files(registry, manifest)) return;
  throw Error(ErrorCode::failed_precondition, "Manifest contains pointers to local files",
              "Use push-data to first push those files or --force-allow-local-files if this is intentional");
}

/// What the workspace remembers once the registry has the revision.
void remember_published(Workspace& workspace, const PushManifestOptions& options, const std::string& top_hash,
                        const Context& context) {
  BuilderState& state = workspace.state();
  state.published = true;
  state.parents = {top_hash};
  if (options.tag) {
    state.ref.version = {Version::Kind::tag, *options.tag};
    state.known_pointers[*options.tag] = top_hash;
  } else {
    state.ref.version = {Version::Kind::hash, top_hash};
  }
  workspace.save(context.random);
  context.failpoints.pass("workspace.after_state");
}

PushSession::Known known_of(Workspace& workspace) {
  return {.name = workspace.state().ref.name, .format_etag = workspace.state().known_format};
}

std::optional<std::string> known_tag(const BuilderState& state, const std::optional<std::string>& tag) {
  if (!tag) return std::nullopt;
  const auto known = state.known_pointers.find(*tag);
  return known == state.known_pointers.end() ? std::nullopt : std::optional(known->second);
}

/// A package that nobody changed here since it was published or installed is not a new revision: `latest`
/// stays where others may have moved it meanwhile, and only a tag that was asked for moves.
bool push_unchanged(const PushRun& run, const PushManifestOptions& options, bool stood, PushResult& result) {
  const BuilderState& state = run.workspace.state();
  const PackageName& name = state.ref.name;
  const bool is_same = state.published && stood;
  if (!is_same || !run.session.latest(name)) return false;
  recover(run.registry, run.context, name);
  const auto tag = options.tag ? run.registry.find_pointer(name, *options.tag) : std::nullopt;
  if (options.tag && !(tag && tag->top_hash == result.top_hash)) {
    PointerMove move{*options.tag, known_tag(state, options.tag), result.top_hash};
    // One that was deleted since may be made again.
    if (!tag) move.from.reset();
    const auto previous =
        move_pointer(run.registry, run.context, name, Intent::Kind::tag, move, options.force);
    result.published = previous != result.top_hash;
    result.only_tagged = result.published;
    remember_published(run.workspace, options, result.top_hash, run.context);
  }
  return true;
}

std::optional<RevisionSurroundings> capture_for(const PushRun& run, const CaptureOptions& options) {
  const EnvironmentCapture capture = capture_environment(options, run.context);
  for (const std::string& line : capture.left_out) run.context.progress.warn(line);
  return captured_surroundings(capture);
}

/// `stood`: what `stands` said when the push began.
void publish_workspace(const PushRun& run, const PushManifestOptions& options, bool stood,
                       PushResult& result) {
  const Manifest& manifest = run.workspace.manifest();
  BuilderState& state = run.workspace.state();
  result.top_hash = run.workspace.manifest_hash();
  result.manifest_url = run.registry.manifest_url(result.top_hash);
  result.has_readme = find_readme(manifest).has_value();
  if (push_unchanged(run, options, stood, result)) return run.session.clear_dead();

  if (!options.allow_local_files) refuse_local_files(manifest, run.registry);
  const Publication publication{.name = state.ref.name,
                                .manifest = manifest,
                                .tag = options.tag,
                                .known_tag = known_tag(state, options.tag),
                                .force = options.force,
                                .parents = state.parents,
                                .based_on = options.based_on,
                                .surroundings = capture_for(run, options.capture)};
  const PublishResult published = publish(run.registry, run.session, run.context, publication);
  result.published = published.published;
  if (!result.published) run.session.clear_dead();
  state.known_pointers["latest"] = result.top_hash;
  if (!run.session.format_etag().empty()) state.known_format = run.session.format_etag();
  remember_published(run.workspace, options, result.top_hash, run.context);
}

}  // namespace

PushDataResult push_data(Workspace& workspace, const PushDataOptions& options, const Context& context) {
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  PushSession session(registry, context, known_of(workspace));
  const PushRun run{workspace, registry, session, context};
  const bool was_built = workspace.state().built;
  const bool stood = stands(run);
  const Manifest before = workspace.manifest();
  // Building is part of pushing; the builder counts as built only when somebody asked for that.
  if (!was_built) build(workspace, {}, context);
  PushDataResult result;
  MoveRule rule{.prefix = options.prefix, .local_files_only = options.local_files_only, .lost = {}};
  if (!stood) rule.lost = find_lost(run, before);
  move_data(run, rule, result);
  context.failpoints.pass("push.after_objects");
  workspace.state().built = was_built;
  workspace.save(context.random);
  return result;
}

PushResult push_manifest(Workspace& workspace, const PushManifestOptions& options, const Context& context) {
  if (options.tag) check_tag_name(*options.tag);
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  PushSession session(registry, context, known_of(workspace));
  const PushRun run{workspace, registry, session, context};
  PushResult result;
  const bool asked = options.message.has_value() || options.meta.has_value();
  const bool was_built = workspace.state().built;
  const bool stood = stands(run);
  const Manifest before = workspace.manifest();
  if (!was_built || asked) {
    result.build =
        build(workspace, {.message = options.message, .meta = options.meta, .ingest = nullptr}, context);
    result.built = true;
  }
  const Manifest& manifest = workspace.manifest();
  if (!was_built && !options.allow_local_files && points_at_local_files(registry, manifest)) {
    // What is refused leaves the builder as it was, so that the next try says again what it builds.
    workspace.state().built = false;
    workspace.save(context.random);
  }
  const std::vector<std::size_t> lost = stood ? std::vector<std::size_t>() : find_lost(run, before);
  if (!lost.empty()) throw lost_bytes(manifest, lost, "unio push or unio push-data stores them again");
  result.entries = manifest.size();
  result.bytes = manifest.total_bytes();
  publish_workspace(run, options, stood, result);
  return result;
}

PushResult push(Workspace& workspace, const PushOptions& options, const Context& context) {
  if (options.tag) check_tag_name(*options.tag);
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  PushSession session(registry, context, known_of(workspace));
  const PushRun run{workspace, registry, session, context};
  PushResult result;
  result.built = true;
  const bool stood = stands(run);
  const Manifest before = workspace.manifest();
  if (options.prefix) {
    result.build =
        build(workspace, {.message = options.message, .meta = options.meta, .ingest = nullptr}, context);
  } else {
    Ingest ingest(registry, session, context);
    result.build =
        build(workspace, {.message = options.message, .meta = options.meta, .ingest = &ingest}, context);
    result.stored_objects = ingest.stored_objects();
    result.data.secrets = result.build.secrets;
  }
  result.entries = result.build.entries;
  result.bytes = result.build.bytes;
  MoveRule rule{.prefix = options.prefix, .local_files_only = options.keep_pointers, .lost = {}};
  if (!stood) rule.lost = find_lost(run, before);
  const bool done = stood && !result.build.changed && !points_at_local_files(registry, workspace.manifest());
  if (!done) move_data(run, rule, result.data);
  result.stored_objects += result.data.stored_objects;
  context.failpoints.pass("push.after_objects");
  publish_workspace(run, options, stood, result);
  return result;
}

}  // namespace unio
