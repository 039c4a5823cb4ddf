#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "engine/push.hpp"
#include "engine/transfer.hpp"

namespace unio {

/// Sums up what happened to single entries into the lines that a user reads: one for each source, or for each
/// folder of pointers. Fed in tree order.
class PushGroups {
 public:
  PushGroups(const Workspace& workspace, const Registry& registry, PushDataResult& result)
      : workspace_(workspace), registry_(registry), result_(result) {}

  /// `moved` is absent for an entry that stayed; `wanted_url` is where it should be under a prefix, else
  /// empty.
  void add(const EntryView& entry, const std::optional<Transfer::Moved>& moved,
           const std::string& wanted_url);

 private:
  PushedGroup describe(const EntryView& entry, const std::string& to_url) const;

  const Workspace& workspace_;
  const Registry& registry_;
  PushDataResult& result_;
  std::map<std::tuple<PushedGroup::Action, std::string, std::string>, std::size_t> positions_;
};

}  // namespace unio
