#include "engine/builder_edit.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "engine/builder_changes.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

[[noreturn]] void throw_no_key(const std::string& key, const std::vector<std::string>& present) {
  const auto near = nearest(key, present);
  throw Error(ErrorCode::not_found, fmt::format("the package has no '{}'", key),
              near ? fmt::format("did you mean '{}'?", *near) : "unio status shows what it is made of");
}

/// What stands at a key.
struct Standing {
  std::size_t entries = 0;  ///< there or below it
  bool folder = false;
};

/// Error not_found when nothing does.
Standing get_standing(Workspace& workspace, const std::string& key, const Context& context) {
  constexpr std::size_t compared_at_most = 10'000;
  Standing standing;
  std::vector<std::string> others;
  visit_present_keys(workspace, context, [&](std::string_view present) {
    if (is_within(present, key)) {
      standing.entries += 1;
      standing.folder = present.size() > key.size();
    } else if (others.size() < compared_at_most) {
      others.emplace_back(present);
    }
  });
  if (standing.entries == 0) throw_no_key(key, others);
  return standing;
}

}  // namespace

Workspace init_workspace(const ResolvedRef& ref, const std::filesystem::path& directory,
                         const Context& context) {
  if (ref.version.kind == Version::Kind::hash) {
    throw Error(ErrorCode::invalid_argument, "a new package has no hash yet", "leave out what follows the @");
  }
  BuilderState state;
  state.ref = ref;
  return Workspace::create(directory, std::move(state), context.random);
}

void set_meta(Workspace& workspace, const std::string& key, const Json& meta, const Context& context) {
  BuilderState& state = workspace.state();
  if (key.empty() || key == ".") {
    state.package_meta = meta;
  } else {
    const std::string plain = key_without_slash(key);
    const bool folder = !workspace.manifest().find(plain) && get_standing(workspace, plain, context).folder;
    if (key.ends_with('/') && !folder) {
      throw Error(ErrorCode::not_found, fmt::format("'{}' is no folder of the package", key),
                  fmt::format("unio set-meta '{}' means the entry", plain));
    }
    state.pending_meta.insert_or_assign(folder ? plain + "/" : plain, meta);
  }
  note_change(state);
  workspace.save(context.random);
}

std::size_t remove_entries(Workspace& workspace, const std::string& key, const Context& context) {
  const std::string gone = key_without_slash(key);
  const std::size_t count = get_standing(workspace, gone, context).entries;
  ManifestChange change(workspace, context, [&](std::string_view present) {
    return is_within(present, gone) ? std::nullopt : std::optional(std::string(present));
  });
  exclude_from_sources(workspace.state(), gone);
  change.commit();
  return count;
}

}  // namespace unio
