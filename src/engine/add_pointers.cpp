#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "engine/browse.hpp"
#include "engine/builder_changes.hpp"
#include "engine/builder_edit.hpp"
#include "engine/content.hpp"
#include "model/selection.hpp"

namespace unio {
namespace {

/// "a/b/" for a folder's key as users write it; "" for the root.
std::string folder_key(const std::string& key) {
  const bool root = key.empty() || key == "." || key == "./";
  return root ? std::string() : key_without_slash(key) + "/";
}

/// Makes the entries of `from` entries of the builder, which point where they point. `where` names them in
/// errors; `parent` is the top hash that they come from, if any.
void add_pointers(Workspace& workspace, const Manifest& from, std::string_view where,
                  const std::optional<std::string>& parent, Overwrite overwrite, const Context& context) {
  std::vector<std::string> present;
  visit_present_keys(workspace, context, [&](std::string_view k) { present.emplace_back(k); });
  std::vector<std::string> replaced;
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::string key(from[i].logical_key());
    if (!std::binary_search(present.begin(), present.end(), key, TreeOrder())) continue;
    if (overwrite == Overwrite::no) {
      throw Error(ErrorCode::already_exists,
                  fmt::format("'{}' of {} would be '{}', which the package has already",
                              from[i].physical_key(), where, key),
                  "--overwrite replaces it, another KEY puts it elsewhere");
    }
    replaced.push_back(std::move(key));
  }
  ManifestChange change(workspace, context, [&](std::string_view k) -> std::optional<std::string> {
    if (std::binary_search(replaced.begin(), replaced.end(), k, TreeOrder())) return std::nullopt;
    return std::string(k);
  });
  for (std::size_t i = 0; i < from.size(); ++i) change.manifest().add(from[i]);
  for (const auto& [key, meta] : from.folder_meta()) change.manifest().set_folder_meta(key, meta);
  for (const std::string& key : replaced) exclude_from_sources(workspace.state(), key);
  std::vector<std::string>& parents = workspace.state().parents;
  if (parent && std::find(parents.begin(), parents.end(), *parent) == parents.end())
    parents.push_back(*parent);
  change.commit();
}

Entry entry_of(const PhysicalKey& place, const ObjectInfo& object, std::string logical_key) {
  PhysicalKey physical = place;
  physical.path = object.key;
  physical.version = object.version;
  return {std::move(logical_key), physical.url(), object.size, std::nullopt, {}};
}

void list_objects(ObjectStore& store, const std::string& prefix, const Context& context,
                  const std::function<void(const ObjectInfo&)>& each) {
  const auto visit = [&](const ObjectInfo& object) {
    throw_if_stopped(context.stop);
    each(object);
    context.progress.advance(1, object.size);
  };
  VersionedStore* versions = store.versioning();
  if (versions != nullptr && versions->enabled()) {
    versions->for_each_latest(prefix, visit);
  } else {
    for_each_object(store, prefix, visit);
  }
}

/// Adds the entries of a package with the keys that they get in `folder`.
void add_moved(const OpenedPackage& package, const std::string& folder, const Context& context,
               ManifestBuilder& moved) {
  for (std::size_t i = 0; i < package.manifest.size(); ++i) {
    Entry entry = package.manifest[i].entry();
    entry.logical_key = folder + entry.logical_key;
    entry.physical_key = current_url(package.registry, context, package.manifest[i]);
    moved.add(entry);
  }
  for (const auto& [k, meta] : package.manifest.folder_meta()) moved.set_folder_meta(folder + k, meta);
}

}  // namespace

AddPackageResult add_package(Workspace& workspace, const ResolvedRef& ref, const std::string& key,
                             Overwrite overwrite, const Context& context) {
  return add_package(workspace, open_package(ref, context), key, overwrite, context);
}

AddPackageResult add_package(Workspace& workspace, const OpenedPackage& package, const std::string& key,
                             Overwrite overwrite, const Context& context) {
  ManifestBuilder builder;
  add_moved(package, folder_key(key), context, builder);
  const Manifest moved = builder.finish();
  add_pointers(workspace, moved, fmt::format("package '{}'", package.name.text()), package.top_hash,
               overwrite, context);
  return {package.top_hash, moved.size()};
}

Workspace init_from_package(const ResolvedRef& ref, const OpenedPackage& from,
                            const std::optional<std::vector<std::size_t>>& entries,
                            const std::filesystem::path& directory, const Context& context) {
  ManifestBuilder all;
  add_moved(from, {}, context, all);
  if (!entries) all.set_header(from.manifest.header());
  Manifest manifest = all.finish();
  if (entries) manifest = select_entries(manifest, *entries);
  BuilderState state;
  state.ref = ref;
  state.parents = {from.top_hash};
  const bool same_package = ref.name == from.name && ref.registry == from.registry.url();
  if (same_package && ref.version.kind == Version::Kind::tag)
    state.known_pointers[ref.version.value] = from.top_hash;
  return Workspace::create(directory, std::move(state), manifest, context.random);
}

AddObjectsResult add_objects(Workspace& workspace, const std::string& url, const std::string& key,
                             Overwrite overwrite, const Context& context) {
  const PhysicalKey place = PhysicalKey::parse(url);
  ObjectStore& store = context.stores.get("s3://" + place.bucket);
  AddObjectsResult result;
  ManifestBuilder found;
  const auto take = [&](const ObjectInfo& object, std::string logical_key) {
    found.add(entry_of(place, object, std::move(logical_key)));
    result.objects += 1;
    result.bytes += object.size;
  };
  const ProgressPhase phase(context.progress, "listing");
  const bool one = !place.path.empty() && !place.path.ends_with('/');
  if (one) {
    ObjectInfo object;
    if (place.version && store.versioning() != nullptr) {
      object = store.versioning()->read_version(place.path, *place.version, {0, 0}, [](Bytes) {});
      object.version = place.version;
    } else if (const auto there = store.find(place.path)) {
      object = *there;
    } else {
      throw Error(ErrorCode::not_found, fmt::format("there is no object '{}'", url),
                  fmt::format("unio add KEY {}/ adds what is below it", url));
    }
    // In a folder a single object has its own name: "val/" and "s3://b/x/1.jpg" give "val/1.jpg".
    const bool into_folder = key.empty() || key == "." || key.ends_with('/');
    const std::string name = place.path.substr(place.path.rfind('/') + 1);
    take(object, into_folder ? folder_key(key) + name : key_without_slash(key));
  } else {
    const std::string folder = folder_key(key);
    list_objects(store, place.path, context, [&](const ObjectInfo& object) {
      take(object, folder + object.key.substr(place.path.size()));
    });
  }
  if (result.objects == 0)
    throw Error(ErrorCode::not_found, fmt::format("there are no objects below '{}'", url));
  add_pointers(workspace, found.finish(), fmt::format("'{}'", url), std::nullopt, overwrite, context);
  return result;
}

}  // namespace unio
