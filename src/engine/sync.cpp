#include "engine/sync.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "engine/fetch.hpp"
#include "engine/folder_compare.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

void refuse_builder(const Workspace& workspace) {
  const BuilderState& state = workspace.state();
  if (state.published && state.built) return;
  throw Error(ErrorCode::failed_precondition,
              fmt::format("'{}' holds changes to '{}' that are not pushed, and they would be lost",
                          workspace.root().native(), state.ref.name.text()),
              "unio push publishes them; unio install --force gives them up");
}

/// A local file below the root, or an error: nothing outside the workspace is ever written.
std::string path_in_root(const Workspace& workspace, const std::string& path) {
  std::string below = std::filesystem::path(path).lexically_relative(workspace.root()).native();
  if (!below.starts_with("../")) return below;
  throw Error(
      ErrorCode::failed_precondition, fmt::format("'{}' lies outside the workspace", path),
      "sync only writes below the workspace's root; unio install fetches the package into another folder");
}

/// What has to be done, found out before anything is touched.
class Plan {
 public:
  Plan(Workspace& workspace, const Registry& registry, const Context& context)
      : workspace_(workspace), registry_(registry), context_(context), manifest_(workspace.manifest()) {}

  void add(const ComparedFile& file) {
    switch (file.state) {
      case ComparedFile::State::same:
        return;
      case ComparedFile::State::changed:
        return put_back(file, SyncChange::Kind::replaced);
      case ComparedFile::State::missing:
        return put_back(file, SyncChange::Kind::restored);
      case ComparedFile::State::extra:
        return take_away(file);
      case ComparedFile::State::not_a_file:
        if (file.found == ScanState::symlink || file.found == ScanState::special) take_away(file);
        return;
      case ComparedFile::State::unreadable:
        break;
    }
    throw Error(ErrorCode::permission_denied, fmt::format("cannot read '{}': {}", file.path, file.detail),
                "make it readable and run the command again");
  }

  std::vector<SyncChange> changes;
  std::vector<std::string> taken_away;  ///< paths below the root
  std::vector<FetchItem> fetched;
  std::vector<std::string> fetched_keys;

 private:
  std::string local_path(const ComparedFile& file) const {
    if (!file.path.empty()) return std::string(file.path);
    return workspace_.local_path(workspace_.state().sources[file.source], file.key).native();
  }

  void put_back(const ComparedFile& file, SyncChange::Kind kind) {
    const std::string path = local_path(file);
    const auto entry = manifest_.find(file.key);
    check(entry.has_value(), "a tracked file has an entry");
    const std::string below = path_in_root(workspace_, path);
    if (kind == SyncChange::Kind::replaced) taken_away.push_back(below);
    fetched.push_back({*entry, below, std::nullopt});
    fetched_keys.emplace_back(file.key);
    changes.push_back(
        {kind, std::string(file.key), path, current_url(registry_, context_, manifest_[*entry])});
  }

  void take_away(const ComparedFile& file) {
    const std::string path(file.path);
    taken_away.push_back(path_in_root(workspace_, path));
    changes.push_back({SyncChange::Kind::removed, std::string(file.key), path, {}});
  }

  Workspace& workspace_;
  const Registry& registry_;
  const Context& context_;
  Manifest manifest_;
};

/// Unique, and readable: "2026-11-25T183000-1f2e3d".
std::string trash_name(const Context& context) {
  std::string when = format_time(context.clock.now()).substr(0, 19);
  std::erase(when, ':');
  return fmt::format(".unio/trash/{}-{}", when, random_id(context.random).substr(0, 6));
}

/// Folders that stand where a file has to be hold nothing any more, or what is not the package's business.
void clear_places(SafeTree& tree, const std::vector<FetchItem>& items, const std::string& trash) {
  for (const FetchItem& item : items) {
    if (tree.find(item.path)) tree.move_aside(item.path, trash);
  }
}

}  // namespace

SyncResult sync(Workspace& workspace, DryRun dry_run, const Context& context) {
  refuse_builder(workspace);
  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  const StatIndex index = load_index(workspace);
  Plan plan(workspace, registry, context);
  {
    const ProgressPhase phase(context.progress, "comparing", index.size());
    compare_folder(workspace, index, Trust::stamps, context,
                   [&](const ComparedFile& file) { plan.add(file); });
  }
  SyncResult result{.changes = plan.changes, .trash = {}};
  if (dry_run == DryRun::yes || plan.changes.empty()) return result;

  SafeTree tree(workspace.root(), context.random);
  tree.remove_leftovers();
  const std::string trash = trash_name(context);
  for (const std::string& path : plan.taken_away) {
    throw_if_stopped(context.stop);
    tree.move_aside(path, trash);
  }
  if (!plan.taken_away.empty()) result.trash = (workspace.root() / trash).native();
  context.failpoints.pass("sync.after_trash");
  clear_places(tree, plan.fetched, trash);

  IndexUpdate update(index);
  std::size_t next = 0;
  fetch(registry, workspace.manifest(), tree, plan.fetched, context,
        [&](const FetchItem& item, const FileStamp& stamp) {
          const EntryView entry = workspace.manifest()[item.entry];
          update.set({plan.fetched_keys[next++], stamp, entry.digest().value_or(Digest{}), true});
        });
  if (plan.fetched.empty()) tree.flush();
  context.failpoints.pass("sync.after_files");
  update.publish(workspace, filesystem_time_ns(workspace.state_folder(), context.random), context.random);
  return result;
}

}  // namespace unio
