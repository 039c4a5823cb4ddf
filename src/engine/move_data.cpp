#include "engine/move_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/threads.hpp"
#include "engine/content.hpp"
#include "engine/name_list.hpp"
#include "engine/push_groups.hpp"
#include "engine/tracked_files.hpp"
#include "engine/transfer.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::size_t group_size = 4096;

bool is_lost(const PushRun& run, const EntryView& entry) {
  if (!is_in_registry(run.registry, entry)) return false;
  const ObjectLocation place = locate(run.registry, run.context, entry);
  if (place.version) return false;  // which the store keeps
  const auto object = place.store->find(place.key);
  return !object || object->size != entry.size();
}

/// An entry whose bytes the registry has lost, as its local source gives it.
Manifest from_source(const PushRun& run, std::size_t position) {
  const Manifest& manifest = run.workspace.manifest();
  Entry entry = manifest[position].entry();
  const Source* source = find_source(run.workspace.state(), entry.logical_key);
  if (source == nullptr) {
    throw lost_bytes(manifest, {position}, "unio set KEY FILE gives them again, unio rm KEY drops the entry");
  }
  entry.physical_key = PhysicalKey::of_file(run.workspace.local_path(*source, entry.logical_key)).url();
  ManifestBuilder builder;
  builder.add(entry);
  return builder.finish();
}

bool must_move(const Registry& registry, const Transfer& transfer, const MoveRule& rule,
               const EntryView& entry) {
  if (is_local_file(registry, entry)) return true;
  if (rule.local_files_only) return false;
  if (rule.prefix) return !transfer.is_wanted(entry.logical_key(), entry.physical_key());
  return !is_in_registry(registry, entry);
}

/// One entry of a manifest while its group is moved.
struct Moving {
  std::optional<Manifest> source;  ///< the entry, where its bytes come from its source again
  std::optional<Transfer::Moved> moved;
};

Moving move_entry(const PushRun& run, Transfer& transfer, const MoveRule& rule, std::size_t position) {
  const EntryView entry = run.workspace.manifest()[position];
  Moving moving;
  if (rule.is_lost(position)) {
    moving.source = from_source(run, position);
    moving.moved = transfer.move((*moving.source)[0]);
  } else if (must_move(run.registry, transfer, rule, entry)) {
    moving.moved = transfer.move(entry);
  }
  return moving;
}

/// Moves what must move and returns the manifest with the new places. Same top hash.
Manifest transfer_entries(const PushRun& run, const MoveRule& rule, PushDataResult& result) {
  const Manifest& before = run.workspace.manifest();
  Transfer transfer(run.registry, run.session, run.context, rule.prefix);
  PushGroups groups(run.workspace, run.registry, result);
  ManifestBuilder after;
  after.set_header(before.header());
  for (const auto& [key, meta] : before.folder_meta()) after.set_folder_meta(key, meta);
  const ProgressPhase phase(run.context.progress, "pushing", before.size());
  for (std::size_t first = 0; first < before.size(); first += group_size) {
    const std::size_t count = std::min(group_size, before.size() - first);
    std::vector<Moving> group(count);
    parallel_for(count, run.context.threads, run.context.stop,
                 [&](std::size_t i) { group[i] = move_entry(run, transfer, rule, first + i); });
    for (std::size_t i = 0; i < count; ++i) {
      const EntryView entry = before[first + i];
      const Moving& moving = group[i];
      groups.add(moving.source ? (*moving.source)[0] : entry, moving.moved,
                 transfer.wanted_url(entry.logical_key()));
      if (!moving.moved) {
        after.add(entry);
        continue;
      }
      Entry changed = entry.entry();
      changed.physical_key = moving.moved->physical_key;
      after.add(changed);
    }
  }
  transfer.commit();
  result.stored_objects += transfer.stored_objects();
  return after.finish();
}

bool needs_transfer(const Manifest& manifest, const Registry& registry, const MoveRule& rule) {
  if (!rule.lost.empty()) return true;
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (rule.prefix || is_local_file(registry, manifest[i])) return true;
    if (!rule.local_files_only && !is_in_registry(registry, manifest[i])) return true;
  }
  return false;
}

}  // namespace

bool stands(const PushRun& run) {
  const BuilderState& state = run.workspace.state();
  if (!state.published) return false;
  if (run.registry.store().far() != nullptr) {
    // A name is never without its manifest, and `latest` is asked for anyway.
    const auto& latest = run.session.latest(state.ref.name);
    if (latest && latest->top_hash == state.top_hash) return true;
  }
  return run.registry.store().find(layout::manifest(state.top_hash)).has_value();
}

std::vector<std::size_t> find_lost(const PushRun& run, const Manifest& before) {
  if (before.size() == 0) return {};
  run.session.announce();
  const Manifest& manifest = run.workspace.manifest();
  Synchronized<std::vector<std::size_t>> lost;
  const ProgressPhase phase(run.context.progress, "checking", manifest.size());
  parallel_for(manifest.size(), run.context.threads, run.context.stop, [&](std::size_t i) {
    const EntryView entry = manifest[i];
    const auto known = before.find(entry.logical_key());
    const bool kept = known && before[*known].physical_key() == entry.physical_key();
    if (kept && is_lost(run, entry)) lost.lock()->push_back(i);
    run.context.progress.advance(1, 0);
  });
  std::vector<std::size_t> positions = std::move(*lost.lock());
  std::sort(positions.begin(), positions.end());
  return positions;
}

Error lost_bytes(const Manifest& manifest, const std::vector<std::size_t>& lost, std::string hint) {
  const std::string keys =
      list_of_names(lost.size(), [&](std::size_t i) { return manifest[lost[i]].logical_key(); });
  return Error(ErrorCode::failed_precondition,
               fmt::format("the registry no longer has the bytes of {}", keys), std::move(hint));
}

void move_data(const PushRun& run, const MoveRule& rule, PushDataResult& result) {
  if (!needs_transfer(run.workspace.manifest(), run.registry, rule)) return;
  // The registry's manifest must follow when it was published with files of this machine.
  BuilderState& state = run.workspace.state();
  state.published = state.published && !points_at_local_files(run.registry, run.workspace.manifest());
  const Manifest after = transfer_entries(run, rule, result);
  run.workspace.save(after, run.context.random);
}

}  // namespace unio
