#include "engine/builder_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

/// A tracked file whose key changed.
struct MovedFile {
  std::string key;
  IndexedFile file;
};

/// The parts of the state that are kept by key.
void rekey_pending_meta(BuilderState& state, const NewKey& new_key) {
  std::map<std::string, Json, std::less<>> pending;
  for (auto& [key, meta] : state.pending_meta) {
    if (auto now = new_key(key)) pending.insert_or_assign(std::move(*now), std::move(meta));
  }
  state.pending_meta = std::move(pending);
}

}  // namespace

PresentKeys::PresentKeys(Workspace& workspace, const Visit& visit)
    : state_(workspace.state()), manifest_(workspace.manifest()), visit_(visit) {}

void PresentKeys::pass_entries_before(std::string_view key) {
  for (; next_ < manifest_.size(); ++next_) {
    const std::string_view present = manifest_[next_].logical_key();
    if (compare_tree_order(present, key) >= 0) return;
    visit_(present);
  }
}

void PresentKeys::add(const ScanItem& item) {
  const bool file = item.state == ScanState::unchanged || item.state == ScanState::suspect ||
                    item.state == ScanState::added;
  if (!file && item.state != ScanState::missing) return;
  pass_entries_before(item.key);
  if (next_ < manifest_.size() && manifest_[next_].logical_key() == item.key) ++next_;
  const bool gone = !file && state_.sources[item.source].kind == Source::Kind::folder;
  if (!gone) visit_(item.key);
}

void PresentKeys::finish() {
  for (; next_ < manifest_.size(); ++next_) visit_(manifest_[next_].logical_key());
}

void visit_present_keys(Workspace& workspace, const Context& context, const PresentKeys::Visit& visit) {
  PresentKeys keys(workspace, visit);
  scan_sources(workspace, load_index(workspace), scan_options(context),
               [&](const ScanItem& item) { keys.add(item); });
  keys.finish();
}

void ClashCheck::add(std::string_view key) {
  if (!last_.empty() && key.size() > last_.size() && is_within(key, last_)) {
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' is a file, but '{}' needs a folder of that name", last_, key),
                fmt::format("unio rm '{}' takes it out of the package", last_));
  }
  last_.assign(key);
}

ManifestChange::ManifestChange(Workspace& workspace, const Context& context, NewKey new_key)
    : workspace_(workspace), context_(context), new_key_(std::move(new_key)) {
  const Manifest& before = workspace.manifest();
  after_.set_header(before.header());
  for (const auto& [key, meta] : before.folder_meta()) {
    if (auto now = new_key_(key)) after_.set_folder_meta(std::move(*now), meta);
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    throw_if_stopped(context.stop);
    const EntryView entry = before[i];
    if (const auto now = new_key_(entry.logical_key())) after_.add_as(entry, *now);
  }
}

void ManifestChange::commit() {
  const StatIndex index = load_index(workspace_);
  rekey_pending_meta(workspace_.state(), new_key_);
  note_change(workspace_.state());
  workspace_.save(after_.finish(), context_.random);
  publish_index(index);
}

void ManifestChange::publish_index(const StatIndex& before) {
  StatIndexWriter writer;
  std::vector<MovedFile> moved;
  StatIndex::Cursor cursor(before);
  while (const auto file = cursor.next()) {
    auto now = new_key_(file->key);
    if (now && *now != file->key) moved.push_back({std::move(*now), *file});
  }
  std::sort(moved.begin(), moved.end(),
            [](const MovedFile& left, const MovedFile& right) { return TreeOrder()(left.key, right.key); });

  auto next = moved.begin();
  const auto add_moved_before = [&](std::string_view key) {
    for (; next != moved.end() && (key.empty() || compare_tree_order(next->key, key) < 0); ++next) {
      next->file.key = next->key;
      writer.add(next->file);
    }
  };
  StatIndex::Cursor again(before);
  while (const auto file = again.next()) {
    if (new_key_(file->key) != std::optional(std::string(file->key))) continue;
    add_moved_before(file->key);
    if (next != moved.end() && next->key == file->key) continue;  // what was moved here replaces it
    writer.add(*file);
  }
  add_moved_before({});
  // What could be trusted before can be now: nothing was looked at.
  writer.publish(workspace_.index_path(), {workspace_.manifest_hash(), INT64_MAX}, context_.random);
}

void note_change(BuilderState& state) {
  state.built = false;
  state.published = false;
}

void exclude_from_sources(BuilderState& state, std::string_view key) {
  std::erase_if(state.sources, [&](const Source& source) { return is_within(source.key, key); });
  for (Source& source : state.sources) {
    // Beside installed files an untracked one is unknown anyway, and shall be seen.
    if (source.kind == Source::Kind::folder && is_within(key, source.key)) source.excluded.emplace_back(key);
  }
}

std::string key_without_slash(std::string_view key) {
  while (key.ends_with('/')) key.remove_suffix(1);
  check_logical_key(key);
  return std::string(key);
}

}  // namespace unio
