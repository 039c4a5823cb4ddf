#include "engine/tracked_files.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "model/manifest.hpp"

namespace unio {
namespace {

bool covers(const Source& source, std::string_view key) {
  if (source.kind == Source::Kind::file) return key == source.key;
  if (!is_within(key, source.key)) return false;
  return std::none_of(source.excluded.begin(), source.excluded.end(),
                      [&](const std::string& excluded) { return is_within(key, excluded); });
}

}  // namespace

const Source* find_source(const BuilderState& state, std::string_view key) {
  const Source* found = nullptr;
  for (const Source& source : state.sources) {
    if (covers(source, key) && (found == nullptr || source.overrides || !found->overrides)) found = &source;
  }
  return found;
}

std::string display_path(const Source& source) {
  const bool folder = source.kind != Source::Kind::file;
  std::string path = source.path == "." ? std::string() : source.path;
  if (!path.starts_with('/') && !path.starts_with("../") && !path.starts_with("./")) path = "./" + path;
  if (folder && !path.ends_with('/')) path += '/';
  return path;
}

StatIndex load_index(Workspace& workspace) {
  StatIndex index = StatIndex::load(workspace.index_path());
  if (index.manifest() == workspace.manifest_hash() &&
      (index.size() > 0 || workspace.manifest_hash().empty())) {
    return index;
  }
  return distrusting_index(workspace);
}

StatIndex distrusting_index(Workspace& workspace) {
  const Manifest& manifest = workspace.installed_manifest();
  StatIndexWriter writer;
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    const EntryView entry = manifest[i];
    if (find_source(workspace.state(), entry.logical_key()) == nullptr) continue;
    IndexedFile file;
    file.key = entry.logical_key();
    file.digest = entry.digest().value_or(Digest{});
    file.stamp.size = entry.size();
    writer.add(file);
  }
  return writer.finish_unnamed({workspace.manifest_hash(), 0});
}

IndexUpdate::IndexUpdate(const StatIndex& index) : cursor_(index), next_(cursor_.next()) {}

void IndexUpdate::set(const IndexedFile& file) {
  while (next_ && compare_tree_order(next_->key, file.key) < 0) keep_next();
  if (next_ && next_->key == file.key) next_ = cursor_.next();
  writer_.add(file);
  changed_ = true;
}

void IndexUpdate::publish(const Workspace& workspace, std::int64_t now_ns, RandomSource& random) {
  while (next_) keep_next();
  writer_.publish(workspace.index_path(), {workspace.manifest_hash(), now_ns}, random);
}

void IndexUpdate::try_publish(const Workspace& workspace, std::int64_t now_ns, RandomSource& random) {
  if (!changed_) return;
  try {
    const Workspace::Lock lock(workspace.state_folder());
    publish(workspace, now_ns, random);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled || error.code() == ErrorCode::internal) throw;
  }
}

void IndexUpdate::keep_next() {
  writer_.add(*next_);
  next_ = cursor_.next();
}

ScanOptions scan_options(const Context& context) {
  return {.ignored_folders = context.ignored_folders, .threads = context.threads, .stop = context.stop};
}

}  // namespace unio
