#include "engine/install.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "engine/binding.hpp"
#include "engine/browse.hpp"
#include "engine/fetch.hpp"
#include "engine/install_plan.hpp"
#include "engine/package_part.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

Source installed_source(const PackageName& name, const Manifest& manifest, const std::string& path) {
  const bool root = path.empty() || path == "." || path == "./";
  if (root) return {.kind = Source::Kind::installed, .key = {}, .path = ".", .excluded = {}};
  std::string key = path;
  while (key.ends_with('/')) key.pop_back();
  if (!path.ends_with('/') && manifest.find(key))
    return {.kind = Source::Kind::file, .key = key, .path = key, .excluded = {}};
  const auto [first, last] = manifest.range(key + "/");
  if (first != last) return {.kind = Source::Kind::installed, .key = key + "/", .path = key, .excluded = {}};
  throw no_entry(name, manifest, path);
}

/// Whether `source` is where an install put it.
bool is_as_installed(const Source& source) {
  return source.path == "." ? source.key.empty() : join_key(source.path, "") == join_key(source.key, "");
}

/// What will be installed: everything, or the parts that are asked for and those that are here already.
std::vector<Source> wanted_sources(const OpenedPackage& package, const std::optional<Workspace>& present,
                                   const std::vector<std::string>& paths) {
  const Manifest& manifest = package.manifest;
  std::vector<Source> sources;
  if (paths.empty()) return {installed_source(package.name, manifest, {})};
  if (present) {
    for (const Source& source : present->state().sources) {
      if (is_as_installed(source)) sources.push_back(source);
    }
  }
  for (const std::string& path : paths) sources.push_back(installed_source(package.name, manifest, path));
  std::vector<Source> kept;
  for (const Source& source : sources) {
    const bool covered =
        std::any_of(kept.begin(), kept.end(), [&](const Source& k) { return is_within(source.key, k.key); });
    if (covered) continue;
    std::erase_if(kept, [&](const Source& k) { return is_within(k.key, source.key); });
    kept.push_back(source);
  }
  return kept;
}

/// The keys that must be in the manifest: what is asked for, and what is here already. Empty: all.
std::vector<std::string> wanted_keys(const std::optional<Workspace>& present,
                                     const std::vector<std::string>& paths) {
  std::vector<std::string> keys = paths;
  if (present && !paths.empty()) {
    for (const Source& source : present->state().sources) keys.push_back(source.key);
  }
  const bool all = std::any_of(keys.begin(), keys.end(),
                               [](const std::string& k) { return k.empty() || k == "." || k == "./"; });
  return all ? std::vector<std::string>() : keys;
}

OpenedPackage open_wanted(const ResolvedRef& ref, const std::vector<std::string>& keys,
                          const Context& context) {
  return keys.empty() ? open_package(ref, context) : open_part(ref, keys, Depth::all, context);
}

}  // namespace

InstallResult install(const ResolvedRef& ref, const InstallOptions& options, const Context& context) {
  const Unpushed unpushed = options.foreign == Foreign::replace ? Unpushed::give_up : Unpushed::refuse;
  auto present = find_bound(ref, options.location, unpushed);
  const std::vector<std::string> keys = wanted_keys(present, options.paths);
  std::optional<OpenedPackage> opened(open_wanted(ref, keys, context));
  // What can be refused is refused before anything is made.
  wanted_sources(*opened, present, options.paths);
  SafeTree tree(options.location, context.random);
  const Workspace::Lock lock(tree.root() / ".unio");
  present = find_bound(ref, options.location, unpushed);
  if (const auto now = wanted_keys(present, options.paths); now != keys)
    opened.emplace(open_wanted(ref, now, context));
  const OpenedPackage& package = *opened;
  std::vector<Source> sources = wanted_sources(package, present, options.paths);
  tree.remove_leftovers();

  InstallPlan plan =
      plan_install(package.manifest, sources, present ? &*present : nullptr, tree, options.foreign, context);
  InstallResult result{.top_hash = package.top_hash, .kept = plan.kept.size(), .left_behind = {}};
  for (const std::string& path : plan.removed) tree.remove(path);
  const FetchResult fetched =
      fetch(package.registry, package.manifest, tree, plan.fetched, context,
            [&](const FetchItem& item, const FileStamp& stamp) { plan.stamps[item.entry] = stamp; });
  result.fetched = fetched.files;
  result.fetched_bytes = fetched.bytes;
  context.failpoints.pass("install.after_files");

  const Workspace workspace = bind(std::move(present), options.location,
                                   bound_state(ref, package, std::move(sources)), package, context);
  context.failpoints.pass("install.after_state");
  write_index(workspace, package.manifest, plan, context);
  result.left_behind = std::move(plan.left_behind);
  for (const std::size_t entry : plan.foreign)
    result.foreign.emplace_back(package.manifest[entry].logical_key());
  return result;
}

}  // namespace unio
