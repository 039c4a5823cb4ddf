#include "engine/binding.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace unio {

std::optional<Workspace> find_bound(const ResolvedRef& ref, const std::filesystem::path& location,
                                    Unpushed unpushed) {
  auto workspace = Workspace::find(location);
  if (!workspace) return std::nullopt;
  const BuilderState& state = workspace->state();
  const bool same_package = state.ref.name == ref.name && state.ref.registry == ref.registry;
  std::error_code ignored;
  if (!std::filesystem::equivalent(workspace->root(), location, ignored) || !same_package) {
    throw Error(
        ErrorCode::already_exists,
        fmt::format("'{}' is the workspace of '{}'", workspace->root().native(), state.ref.name.text()),
        same_package ? "unio install --location names that folder, or another"
                     : "choose another folder with --location");
  }
  if (unpushed == Unpushed::refuse && !(state.published && state.built)) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("'{}' holds changes to '{}' that are not pushed", workspace->root().native(),
                            state.ref.name.text()),
                "unio push publishes them, --force gives them up");
  }
  return workspace;
}

BuilderState bound_state(const ResolvedRef& ref, const OpenedPackage& package, std::vector<Source> sources) {
  BuilderState state;
  state.ref = ref;
  if (ref.version.kind != Version::Kind::tag) state.ref.version = {Version::Kind::hash, package.top_hash};
  state.built = true;
  state.published = true;
  state.sources = std::move(sources);
  state.parents = {package.top_hash};
  if (ref.version.kind == Version::Kind::latest) state.known_pointers["latest"] = package.top_hash;
  if (ref.version.kind == Version::Kind::tag) state.known_pointers[ref.version.value] = package.top_hash;
  return state;
}

Workspace bind(std::optional<Workspace> present, const std::filesystem::path& root, BuilderState state,
               const OpenedPackage& package, const Context& context) {
  const bool whole = package.left_out.empty();
  if (!present && whole) return Workspace::create(root, std::move(state), package.manifest, context.random);
  if (!present)
    return Workspace::create_with_part(root, std::move(state), package.manifest, package.top_hash,
                                       context.random);
  for (const auto& [pointer, hash] : present->state().known_pointers)
    state.known_pointers.emplace(pointer, hash);
  state.manifest_file = present->state().manifest_file;
  present->state() = std::move(state);
  if (whole) present->save(package.manifest, context.random);
  if (!whole) present->save_part(package.manifest, package.top_hash, context.random);
  return std::move(*present);
}

}  // namespace unio
