#include "engine/package_reader.hpp"

#include <algorithm>
#include <utility>

namespace unio {
namespace {

/// After so many parts the next look reads the manifest whole.
constexpr std::size_t most_parts = 16;

}  // namespace

PackageReader::PackageReader(const ResolvedRef& ref, const Context& context)
    : ref_(ref),
      top_hash_(Registry(context.stores.get(ref.registry), context).resolve(ref.name, ref.version)) {}

PackageReader::PackageReader(ResolvedRef ref, std::string top_hash)
    : ref_(std::move(ref)), top_hash_(std::move(top_hash)) {}

PackageReader::PackageReader(ResolvedRef ref, Manifest manifest, Local local)
    : ref_(std::move(ref)), top_hash_(manifest.top_hash()), local_(local) {
  state_.lock()->whole = std::move(manifest);
}

OpenedPackage PackageReader::opened(Manifest manifest, const Context& context) const {
  return {
      Registry(context.stores.get(ref_.registry), context), ref_.name, top_hash_, std::move(manifest), {}};
}

std::optional<Manifest> PackageReader::find_whole() {
  return state_.lock()->whole;
}

OpenedPackage PackageReader::whole(const Context& context) {
  if (auto manifest = find_whole()) return opened(*std::move(manifest), context);
  const Registry registry(context.stores.get(ref_.registry), context);
  Manifest manifest = registry.get_manifest(top_hash_);
  auto state = state_.lock();
  if (!state->whole) state->whole = std::move(manifest);
  state->parts.clear();
  return opened(*state->whole, context);
}

OpenedPackage PackageReader::part(std::span<const std::string> keys, Depth depth, const Context& context) {
  if (auto manifest = find_whole()) return opened(*std::move(manifest), context);
  if (auto manifest = find_part_with(keys)) return opened(*std::move(manifest), context);
  const bool enough = state_.lock()->parts.size() >= most_parts;
  if (enough || context.stores.get(ref_.registry).far() == nullptr) return whole(context);
  const ResolvedRef exact{ref_.registry, ref_.name, {Version::Kind::hash, top_hash_}};
  OpenedPackage package = open_part(exact, keys, depth, context);
  remember(package);
  return package;
}

/// A part that was read before has these entries; of a folder it cannot tell whether it has all.
std::optional<Manifest> PackageReader::find_part_with(std::span<const std::string> keys) {
  auto state = state_.lock();
  for (const Manifest& part : state->parts) {
    const auto has = [&](const std::string& key) { return part.find(key).has_value(); };
    if (std::all_of(keys.begin(), keys.end(), has)) return part;
  }
  return std::nullopt;
}

void PackageReader::remember(const OpenedPackage& package) {
  auto state = state_.lock();
  if (package.left_out.empty()) {
    state->whole = package.manifest;
    state->parts.clear();
  } else if (!state->whole) {
    state->parts.push_back(package.manifest);
  }
}

}  // namespace unio
