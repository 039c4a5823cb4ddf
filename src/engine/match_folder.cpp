#include "engine/match_folder.hpp"

#include <utility>

#include "engine/binding.hpp"

namespace unio {
namespace {

const std::vector<Source>& everything() {
  static const std::vector<Source> sources{
      {.kind = Source::Kind::installed, .key = {}, .path = ".", .excluded = {}}};
  return sources;
}

bool holds(const Workspace& workspace, const OpenedPackage& package) {
  const BuilderState& state = workspace.state();
  return state.built && state.published && !workspace.has_part() && state.top_hash == package.top_hash &&
         state.sources == everything();
}

}  // namespace

SyncResult match_folder(const ResolvedRef& ref, const OpenedPackage& package,
                        const std::filesystem::path& folder, DryRun dry_run, const Context& context) {
  auto present = find_bound(ref, folder, Unpushed::refuse);
  BuilderState state = bound_state(ref, package, everything());
  if (dry_run == DryRun::yes && !(present && holds(*present, package))) {
    state.top_hash = package.top_hash;
    Workspace workspace = Workspace::unstored(folder, std::move(state), package.manifest);
    return sync(workspace, dry_run, context);
  }
  if (present && holds(*present, package)) {
    const auto lock = present->lock();
    return sync(*present, dry_run, context);
  }
  std::optional<Workspace::Lock> lock;
  if (present) lock.emplace(present->lock());
  Workspace workspace = bind(std::move(present), folder, std::move(state), package, context);
  if (!lock) lock.emplace(workspace.lock());
  return sync(workspace, dry_run, context);
}

}  // namespace unio
