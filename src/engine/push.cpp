#include "engine/push.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/browse.hpp"
#include "engine/content.hpp"
#include "engine/git_commit.hpp"
#include "engine/push_groups.hpp"
#include "engine/tracked_files.hpp"
#include "engine/transfer.hpp"

namespace unio {
namespace {

constexpr std::size_t group_size = 4096;

/// Which entries of a manifest have to move, given where they are.
struct TransferRule {
  std::optional<std::string> prefix;
  /// Leave what is in another store, or at another place of this registry, where it is.
  bool local_files_only = false;
};

bool must_move(const Registry& registry, const Transfer& transfer, const TransferRule& rule,
               std::string_view logical_key, const std::string& url) {
  if (is_local_file(registry, url)) return true;
  if (rule.local_files_only) return false;
  if (rule.prefix) return url != transfer.wanted_url(logical_key);
  return !is_in_registry(registry, url);
}

/// Moves what must move and returns the manifest with the new places. Same top hash.
Manifest transfer_entries(const Workspace& workspace, const Manifest& before, const Registry& registry,
                          PushSession& session, const TransferRule& rule, PushDataResult& result,
                          const Context& context) {
  Transfer transfer(registry, session, context, rule.prefix);
  PushGroups groups(workspace, registry, result);
  ManifestBuilder after;
  after.set_header(before.header());
  for (const auto& [key, meta] : before.folder_meta()) after.set_folder_meta(key, meta);
  const ProgressPhase phase(context.progress, "pushing", before.size());
  for (std::size_t first = 0; first < before.size(); first += group_size) {
    const std::size_t count = std::min(group_size, before.size() - first);
    std::vector<std::optional<Transfer::Moved>> moved(count);
    parallel_for(count, context.threads, context.stop, [&](std::size_t i) {
      const EntryView entry = before[first + i];
      if (must_move(registry, transfer, rule, entry.logical_key(), entry.physical_key())) {
        moved[i] = transfer.move(entry);
      }
    });
    for (std::size_t i = 0; i < count; ++i) {
      const EntryView entry = before[first + i];
      groups.add(entry, moved[i], transfer.wanted_url(entry.logical_key()));
      if (!moved[i]) {
        after.add(entry);
        continue;
      }
      Entry changed = entry.entry();
      changed.physical_key = moved[i]->physical_key;
      after.add(changed);
    }
  }
  transfer.commit();
  return after.finish();
}

bool needs_transfer(const Manifest& manifest, const Registry& registry, const TransferRule& rule) {
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    const std::string url = manifest[i].physical_key();
    if (rule.prefix || is_local_file(registry, url)) return true;
    if (!rule.local_files_only && !is_in_registry(registry, url)) return true;
  }
  return false;
}

/// Gives the workspace's manifest the places that `rule` asks for.
void move_data(Workspace& workspace, const Registry& registry, PushSession& session, const TransferRule& rule,
               PushDataResult& result, const Context& context) {
  const Manifest before = workspace.manifest();
  if (!needs_transfer(before, registry, rule)) return;
  const Manifest after = transfer_entries(workspace, before, registry, session, rule, result, context);
  workspace.save(after, context.random);
}

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
  state.known_pointers["latest"] = top_hash;
  workspace.save(context.random);
  context.failpoints.pass("workspace.after_state");
}

std::optional<std::string> known_tag(const BuilderState& state, const std::optional<std::string>& tag) {
  if (!tag) return std::nullopt;
  const auto known = state.known_pointers.find(*tag);
  return known == state.known_pointers.end() ? std::nullopt : std::optional(known->second);
}

/// A package that nobody changed here since it was published or installed is not a new revision: `latest`
/// stays where others may have moved it meanwhile, and only a tag that was asked for moves.
bool push_unchanged(Workspace& workspace, const Registry& registry, const PushManifestOptions& options,
                    PushResult& result, const Context& context) {
  const PackageName& name = workspace.state().ref.name;
  if (!workspace.state().published || !registry.find_pointer(name, "latest")) return false;
  recover(registry, context, name);
  if (options.tag) {
    const PointerMove move{*options.tag, known_tag(workspace.state(), options.tag), result.top_hash};
    const auto previous = move_pointer(registry, context, name, Intent::Kind::tag, move, options.force);
    result.published = previous != result.top_hash;
    remember_published(workspace, options, result.top_hash, context);
  }
  return true;
}

void publish_workspace(Workspace& workspace, const Registry& registry, PushSession& session,
                       const PushManifestOptions& options, PushResult& result, const Context& context) {
  if (options.tag) check_tag_name(*options.tag);
  result.top_hash = workspace.manifest_hash();
  result.manifest_url = registry.manifest_url(result.top_hash);
  if (push_unchanged(workspace, registry, options, result, context)) return session.clear_dead();

  const Manifest& manifest = workspace.manifest();
  if (!options.allow_local_files) refuse_local_files(manifest, registry);
  Publication publication{.name = workspace.state().ref.name,
                          .manifest = manifest,
                          .tag = options.tag,
                          .known_tag = known_tag(workspace.state(), options.tag),
                          .force = options.force,
                          .parents = workspace.state().parents,
                          .git_commit = find_git_commit(workspace.root(), context)};
  const PublishResult published = publish(registry, session, context, publication);
  result.published = published.published;
  if (!result.published) session.clear_dead();
  result.has_readme = find_readme(manifest).has_value();
  remember_published(workspace, options, result.top_hash, context);
}

}  // namespace

PushDataResult push_data(Workspace& workspace, const PushDataOptions& options, const Context& context) {
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  PushSession session(registry, context);
  const bool was_built = workspace.state().built;
  // Building is part of pushing; the builder counts as built only when somebody asked for that.
  if (!was_built) build(workspace, {}, context);
  PushDataResult result;
  move_data(workspace, registry, session, {options.prefix, options.local_files_only}, result, context);
  context.failpoints.pass("push.after_objects");
  workspace.state().built = was_built;
  workspace.save(context.random);
  return result;
}

PushResult push_manifest(Workspace& workspace, const PushManifestOptions& options, const Context& context) {
  if (options.tag) check_tag_name(*options.tag);
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  PushSession session(registry, context);
  PushResult result;
  const bool asked = options.message.has_value() || options.meta.has_value();
  const bool was_built = workspace.state().built;
  if (!was_built || asked) {
    result.build =
        build(workspace, {.message = options.message, .meta = options.meta, .ingest = nullptr}, context);
    result.built = true;
  }
  if (!was_built && !options.allow_local_files && points_at_local_files(registry, workspace.manifest())) {
    // What is refused leaves the builder as it was, so that the next try says again what it builds.
    workspace.state().built = false;
    workspace.save(context.random);
  }
  result.entries = workspace.manifest().size();
  result.bytes = workspace.manifest().total_bytes();
  publish_workspace(workspace, registry, session, options, result, context);
  return result;
}

PushResult push(Workspace& workspace, const PushOptions& options, const Context& context) {
  if (options.tag) check_tag_name(*options.tag);
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  PushSession session(registry, context);
  PushResult result;
  result.built = true;
  if (options.prefix) {
    result.build =
        build(workspace, {.message = options.message, .meta = options.meta, .ingest = nullptr}, context);
  } else {
    Ingest ingest(registry, session, context);
    result.build =
        build(workspace, {.message = options.message, .meta = options.meta, .ingest = &ingest}, context);
    result.stored_objects = ingest.stored_objects();
  }
  result.entries = result.build.entries;
  result.bytes = result.build.bytes;
  const bool done = workspace.state().published && !result.build.changed;
  if (!done)
    move_data(workspace, registry, session, {options.prefix, options.keep_pointers}, result.data, context);
  for (const PushedGroup& group : result.data.groups)
    result.stored_objects += group.files - group.already_there;
  context.failpoints.pass("push.after_objects");
  publish_workspace(workspace, registry, session, options, result, context);
  return result;
}

}  // namespace unio
