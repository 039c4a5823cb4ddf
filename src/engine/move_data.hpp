#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/context.hpp"
#include "engine/publish.hpp"
#include "engine/push.hpp"
#include "engine/registry.hpp"
#include "workspace/workspace.hpp"

namespace unio {

// The steps of push.cpp that bring the bytes of entries to their places.

/// What the steps of one push work with; borrowed.
struct PushRun {
  Workspace& workspace;
  const Registry& registry;
  PushSession& session;
  const Context& context;
};

/// Whether the revision that the workspace holds stands in the registry, and with it the bytes of its
/// entries. Otherwise the registry may have been emptied, or what a push that died had stored may have been
/// collected.
bool stands(const PushRun& run);

/// Positions of the entries that the workspace's manifest has from the manifest `before`, and whose bytes
/// should be in the registry and are not; ascending. One look into the store for each such entry.
std::vector<std::size_t> find_lost(const PushRun& run, const Manifest& before);

/// The Error failed_precondition that names entries whose bytes are lost.
Error lost_bytes(const Manifest& manifest, const std::vector<std::size_t>& lost, std::string hint);

/// Which entries of a manifest have to move, given where they are.
struct MoveRule {
  std::optional<std::string> prefix;
  /// Leave what is in another store, or at another place of this registry, where it is.
  bool local_files_only = false;
  /// Positions of entries whose bytes the registry has lost, ascending: they come from their sources again.
  std::vector<std::size_t> lost;

  bool is_lost(std::size_t position) const { return std::binary_search(lost.begin(), lost.end(), position); }
};

/// Gives the entries of the workspace's manifest the places that `rule` asks for, and saves it. Same top
/// hash.
void move_data(const PushRun& run, const MoveRule& rule, PushDataResult& result);

}  // namespace unio
