#include "engine/settle.hpp"

#include <set>

#include "base/error.hpp"
#include "engine/publish.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::uint64_t longest_intent = 1 << 20;

/// Whose names an intent moves; absent for one that is gone or is not understood.
std::optional<PackageName> find_package(ObjectStore& store, const std::string& key) {
  const auto content = find_object(store, key, longest_intent);
  if (!content) return std::nullopt;
  try {
    return Intent::parse(content->content).name;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void settle_moves(const Registry& registry, const Context& context) {
  std::set<PackageName> names;
  for_each_object(registry.store(), layout::intents, [&](const ObjectInfo& object) {
    throw_if_stopped(context.stop);
    if (auto name = find_package(registry.store(), object.key)) names.insert(*std::move(name));
  });
  for (const PackageName& name : names) recover(registry, context, name);
}

}  // namespace

void settle(const Registry& registry, const Context& context) {
  const Registry::Overview overview = registry.overview();
  if (overview.has_sessions) settle_saves(registry, context);
  if (!overview.has_intents) return;
  try {
    settle_moves(registry, context);
  } catch (const Error& error) {
    // Whoever reads need not be allowed to write, and somebody else may be at it.
    if (error.code() == ErrorCode::cancelled) throw;
  }
}

}  // namespace unio
