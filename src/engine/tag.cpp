#include <fmt/format.h>

#include "base/error.hpp"
#include "engine/history.hpp"
#include "model/registry_layout.hpp"

namespace unio {

TagResult tag_revision(const Registry& registry, const PackageName& name, const std::string& tag,
                       const std::string& top_hash, Force force, const Context& context) {
  check_tag_name(tag);
  if (registry.pointers(name).empty()) registry.resolve(name, Version{});  // throws with the near names
  registry.get_manifest(top_hash);                                         // a tag must not point at nothing
  const PointerMove move{tag, std::nullopt, top_hash};
  const auto present = registry.find_pointer(name, tag);
  if (present && present->top_hash != top_hash && force == Force::no) {
    throw Error(ErrorCode::already_exists,
                fmt::format("tag '{}' of '{}' is at {} already", tag, name.text(), present->top_hash),
                fmt::format("--force moves it to {}; its reflog keeps the value", short_hash(top_hash)));
  }
  return {top_hash, move_pointer(registry, context, name, Intent::Kind::tag, move, force)};
}

TagResult remove_tag(const Registry& registry, const PackageName& name, const std::string& tag,
                     const Context& context) {
  check_tag_name(tag);
  const auto present = registry.find_pointer(name, tag);
  if (!present) {
    throw Error(ErrorCode::not_found, fmt::format("package '{}' has no tag '{}'", name.text(), tag),
                fmt::format("unio tag {} lists its tags", name.text()));
  }
  const PointerMove move{tag, present->top_hash, std::nullopt};
  return {{}, move_pointer(registry, context, name, Intent::Kind::tag, move, Force::no)};
}

TagResult undo_move(const Registry& registry, const PackageName& name, const std::string& pointer,
                    const Context& context) {
  if (pointer != "latest" && !is_timestamp(pointer)) check_tag_name(pointer);
  recover(registry, context, name);
  const std::vector<ReflogEntry> moves = reflog(registry, name, pointer);
  if (moves.empty()) {
    throw Error(ErrorCode::not_found, fmt::format("'{}' of '{}' has not moved yet", pointer, name.text()),
                fmt::format("unio log {} shows the revisions and their tags", name.text()));
  }
  const ReflogEntry& last = moves.front();
  const auto present = registry.find_pointer(name, pointer);
  const auto value = present ? std::optional(present->top_hash) : std::nullopt;
  // quilt3 writes no reflog: what it did since must not be undone by mistake.
  if (value != last.to) throw pointer_conflict(name, pointer, value, last.to, last.from);
  if (pointer == "latest" && !last.from) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("'{}' had no revision before this one", name.text()),
                fmt::format("unio delete {} removes the package's names", name.text()));
  }
  if (last.from) registry.get_manifest(*last.from);  // a name must not point at nothing
  const auto kind = pointer == "latest" ? Intent::Kind::rollback : Intent::Kind::tag;
  return {last.from.value_or(""),
          move_pointer(registry, context, name, kind, {pointer, value, last.from}, Force::no)};
}

TagResult rollback(const Registry& registry, const PackageName& name, const std::string& top_hash,
                   const Context& context) {
  registry.get_manifest(top_hash);
  bool published = false;
  for (const Pointer& pointer : registry.pointers(name))
    published = published || pointer.top_hash == top_hash;
  if (!published) {
    throw Error(ErrorCode::not_found,
                fmt::format("{} is no revision of '{}'", short_hash(top_hash), name.text()),
                fmt::format("unio log {} shows its revisions", name.text()));
  }
  const auto latest = registry.find_pointer(name, "latest");
  const auto known = latest ? std::optional(latest->top_hash) : std::nullopt;
  const PointerMove move{"latest", known, top_hash};
  return {top_hash, move_pointer(registry, context, name, Intent::Kind::rollback, move, Force::no)};
}

}  // namespace unio
