#include "engine/status.hpp"

#include <optional>

#include "base/error.hpp"
#include "engine/data_lines.hpp"
#include "engine/folder_compare.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

std::string version_text(const Version& version) {
  if (version.kind == Version::Kind::tag) return ":" + version.value;
  return version.kind == Version::Kind::hash ? "@" + short_hash(version.value) : std::string();
}

/// What `unio install --path` brought, where folders are among it: single files look like those that were
/// set.
std::vector<std::string> installed_parts(const BuilderState& state) {
  std::vector<std::string> parts;
  bool installed = false;
  for (const Source& source : state.sources) {
    if (source.kind == Source::Kind::folder || source.key.empty()) return {};
    installed = installed || source.kind == Source::Kind::installed;
    parts.push_back(source.key);
  }
  return installed ? parts : std::vector<std::string>();
}

/// Absent where nothing can be written: then nothing can be remembered either.
std::optional<std::int64_t> time_of_folder(const Workspace& workspace, const Context& context) {
  try {
    return filesystem_time_ns(workspace.state_folder(), context.random);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void note(const ComparedFile& file, const Workspace& workspace, StatusResult& result) {
  const std::string key(file.key);
  switch (file.state) {
    case ComparedFile::State::same:
      result.unchanged += 1;
      return;
    case ComparedFile::State::changed:
      result.changed.push_back(key);
      return;
    case ComparedFile::State::missing:
      result.missing.push_back(key);
      return;
    case ComparedFile::State::extra:
      (file.found == ScanState::added ? result.added : result.unknown).push_back(key);
      return;
    case ComparedFile::State::unreadable:
      result.unreadable.push_back(key.empty() ? std::string(file.path) : key);
      return;
    case ComparedFile::State::not_a_file:
      break;
  }
  const auto why = why_left_out(file.found);
  if (!why) return;
  // Beside installed files nothing is packaged in any case, but a link there is something more than the
  // package has.
  if (workspace.state().sources[file.source].kind != Source::Kind::installed) {
    result.left_out.push_back({*why, std::string(file.path)});
  } else if (*why != LeftOut::Why::empty_folder) {
    result.unknown.push_back(key);
  }
}

}  // namespace

StatusResult status(Workspace& workspace, const Context& context) {
  const BuilderState& state = workspace.state();
  StatusResult result;
  result.name = state.ref.name.text();
  result.version = version_text(state.ref.version);
  result.builder = !state.published;
  if (state.built) result.top_hash = state.top_hash;
  result.parts = installed_parts(state);
  for (const auto& [key, meta] : state.pending_meta) result.meta_changed.push_back(key);
  if (state.package_meta) result.meta_changed.emplace_back();

  const StatIndex index = load_index(workspace);
  const auto now_ns = time_of_folder(workspace, context);
  IndexUpdate update(index);
  {
    const ProgressPhase phase(context.progress, "comparing");
    compare_folder(workspace, index, Trust::stamps, context, [&](const ComparedFile& file) {
      note(file, workspace, result);
      const bool news = file.read && file.state == ComparedFile::State::same;
      if (news && now_ns) update.set({file.key, file.stamp, file.digest, true});
    });
  }
  if (now_ns) update.try_publish(workspace, *now_ns, context.random);
  if (result.builder) {
    const Registry registry(context.stores.get(state.ref.registry), context);
    result.data = data_lines(workspace, registry, result.changed);
  }
  return result;
}

}  // namespace unio
