#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/history.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// The newest of the timestamps that stay.
std::optional<std::string> newest_left(const std::vector<Pointer>& pointers, const std::string& removed) {
  std::optional<std::string> newest;
  std::int64_t newest_second = -1;
  for (const Pointer& pointer : pointers) {
    const auto second = find_second(pointer.name);
    if (!second || *second <= newest_second || pointer.top_hash == removed) continue;
    newest_second = *second;
    newest = pointer.top_hash;
  }
  return newest;
}

}  // namespace

DeleteResult delete_package(const Registry& registry, const PackageName& name,
                            const std::optional<std::string>& top_hash, const Context& context) {
  recover(registry, context, name);
  std::vector<Pointer> pointers = registry.pointers(name);
  if (pointers.empty()) registry.resolve(name, Version{});  // throws with the near names
  const bool whole = !top_hash;
  const auto successor = whole ? std::nullopt : newest_left(pointers, *top_hash);
  // `latest` goes first: from then on nobody takes the revision for the present one.
  std::stable_partition(pointers.begin(), pointers.end(),
                        [](const Pointer& p) { return p.name == "latest"; });

  DeleteResult result;
  for (const Pointer& pointer : pointers) {
    if (!whole && pointer.top_hash != *top_hash) continue;
    const bool moves = pointer.name == "latest" && successor;
    const PointerMove move{pointer.name, pointer.top_hash, moves ? successor : std::nullopt};
    move_pointer(registry, context, name, Intent::Kind::remove, move, Force::no);
    result.pointers.push_back(pointer.name);
    result.latest_moved = result.latest_moved || moves;
  }
  if (result.pointers.empty()) {
    throw Error(ErrorCode::not_found,
                fmt::format("{} is no revision of '{}'", short_hash(*top_hash), name.text()),
                fmt::format("unio log {} shows its revisions", name.text()));
  }
  return result;
}

}  // namespace unio
