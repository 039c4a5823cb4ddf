#include "engine/retention.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// So many entries of a package are looked at together.
constexpr std::size_t entries_at_once = 1000;
/// An object that was uploaded just now may be a full hour behind what is wanted of the next.
constexpr std::chrono::hours between_two{1};

using State = ObjectProtection::State;

/// A folder protects no more than the rights of its files do.
ObjectProtection protection_of_file(FileStore& files, const ObjectVersion& object) {
  struct ::stat status {};
  if (::stat(files.path(object.key).c_str(), &status) != 0) return {object, State::missing, {}};
  constexpr mode_t may_write = S_IWUSR | S_IWGRP | S_IWOTH;
  return {object, (status.st_mode & may_write) == 0 ? State::read_only : State::unprotected, {}};
}

State state_of(const Retention& retention, Time now) {
  if (retention.protects_at(now)) return State::retained;
  return retention.mode == Retention::Mode::none ? State::unprotected : State::expired;
}

/// Of an object under whose key nothing stands.
ObjectProtection protection_of_hidden(ObjectStore& store, const ObjectVersion& object) {
  VersionedStore* versioned = store.versioning();
  const auto versions =
      versioned == nullptr || object.version ? std::vector<ObjectInfo>() : versioned->versions(object.key);
  if (versions.empty()) return {object, State::missing, {}};
  const ObjectVersion newest{object.key, versions.front().version};
  const auto found = store.retention()->find_retained({&newest, 1}).front();
  return {newest, State::removed, found ? found->retention : Retention{}};
}

/// Data of a package's entries [first, last) in its registry, each once.
std::vector<ObjectVersion> data_of(const OpenedPackage& package, std::size_t first, std::size_t last,
                                   const Context& context) {
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<ObjectVersion> objects;
  for (std::size_t i = first; i < last; ++i) {
    ObjectLocation place = locate(package.registry, context, package.manifest[i]);
    if (place.store != &package.registry.store()) continue;
    if (!seen.emplace(place.key, place.version.value_or("")).second) continue;
    objects.push_back({std::move(place.key), std::move(place.version)});
  }
  return objects;
}

void add_logs(std::span<const ArtifactFile> logs, std::set<std::string>& keys) {
  for (const ArtifactFile& log : logs) {
    if (log.object) keys.insert(*log.object);
  }
}

}  // namespace

std::vector<ObjectVersion> objects_of(const OpenedArtifact& artifact) {
  std::vector<ObjectVersion> objects;
  std::set<std::string> seen;
  const auto add = [&](const std::string& key) {
    if (seen.insert(key).second) objects.push_back({key});
  };
  for (const ArtifactFile& file : artifact.record.files) add(file_key(artifact, file));
  for (const ArtifactFile& log : artifact.record.logs) add(file_key(artifact, log, ArtifactPart::logs));
  for (std::int64_t revision = 0; revision <= artifact.record.revision; ++revision)
    add(fmt::format("{}/{}", artifact.folder, layout::metadata_file(revision)));
  return objects;
}

std::vector<ObjectVersion> objects_of(const OpenedPackage& package, const Context& context) {
  std::vector<ObjectVersion> objects = data_of(package, 0, package.manifest.size(), context);
  objects.push_back({layout::manifest(package.top_hash)});
  std::set<std::string> logs;
  for (const std::string& key : keys_below(package.registry.store(), layout::revisions(package.top_hash))) {
    objects.push_back({key});
    const auto record = find_record(package.registry.store(), key);
    const Json* environment = record ? record->json.find("environment") : nullptr;
    if (environment != nullptr) add_logs(RevisionEnvironment::parse(*environment).logs, logs);
  }
  for (const std::string& log : logs) objects.push_back({log});
  return objects;
}

std::vector<ObjectProtection> find_protection(const Registry& registry,
                                              std::span<const ObjectVersion> objects,
                                              const Context& context) {
  std::vector<ObjectProtection> found;
  ObjectStore& store = registry.store();
  if (RetentionStore* retention = store.retention()) {
    const auto retained = retention->find_retained(objects);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (!retained[i]) {
        found.push_back(protection_of_hidden(store, objects[i]));
        continue;
      }
      const ObjectVersion version{objects[i].key, retained[i]->info.version};
      const State state = state_of(retained[i]->retention, context.clock.now());
      found.push_back({version, state, retained[i]->retention});
    }
    return found;
  }
  for (const ObjectVersion& object : objects) {
    if (FileStore* files = store.files()) {
      found.push_back(protection_of_file(*files, object));
    } else {
      found.push_back({object, store.find(object.key) ? State::unprotected : State::missing, {}});
    }
  }
  return found;
}

void set_retention(const Registry& registry, const RetentionPolicy& policy) {
  if (policy.protects() && registry.store().retention() == nullptr) {
    throw Error(
        ErrorCode::unsupported,
        fmt::format("'{}' can protect nothing: whoever owns a file can change and remove it", registry.url()),
        "files of artifacts are read-only there; more gives a bucket with Object Lock");
  }
  const auto able = policy.protects() ? registry.probe() : std::nullopt;
  if (able && !able->object_lock) {
    throw Error(
        ErrorCode::unsupported,
        fmt::format("'{}' has no Object Lock, or its service does not do what it says", registry.url()),
        "its owner can switch it on; docs/retention.md says how");
  }
  registry.keep_retention(policy);
}

std::vector<ObjectVersion> extend_retention(const Registry& registry,
                                            std::span<const ObjectVersion> objects) {
  registry.prepare_for_writing();
  if (!registry.retention().protects()) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("'{}' has no policy of retention", registry.url()),
                "unio retention set governance --days 30");
  }
  return registry.store().retention()->retain(objects);
}

bool retain_shared(const Registry& registry, std::span<const ObjectVersion> objects) {
  RetentionStore* retention = registry.store().retention();
  return retention == nullptr || retention->retain(objects).empty();
}

Kept check_retained(const Registry& registry, const std::string& key, const Context& context) {
  RetentionStore* retention = registry.store().retention();
  if (retention == nullptr) return Kept::no;
  auto wanted = retention->wanted(key);
  if (!wanted) return Kept::no;
  if (wanted->mode != Retention::Mode::none) wanted->until -= between_two;
  const ObjectVersion object{key};
  const auto found = retention->find_retained({&object, 1}).front();
  if (found && covers(found->retention, *wanted)) return Kept::yes;
  context.progress.warn(
      fmt::format("the service of '{}' did not protect what was just published, as the registry's policy "
                  "wants: unio retention prove tells more",
                  registry.url()));
  return Kept::no;
}

void retain_package(const OpenedPackage& package, const RevisionObjects& revision, const Context& context) {
  if (check_retained(package.registry, revision.record, context) == Kept::no) return;
  RetentionStore& retention = *package.registry.store().retention();
  std::set<std::string> keys{layout::manifest(package.top_hash)};
  add_logs(revision.logs, keys);
  std::vector<ObjectVersion> own;
  for (const std::string& key : keys) own.push_back({key});
  std::size_t left = retention.retain(own).size();
  for (std::size_t first = 0; first < package.manifest.size(); first += entries_at_once) {
    throw_if_stopped(context.stop);
    const std::size_t last = std::min(first + entries_at_once, package.manifest.size());
    left += retention.retain(data_of(package, first, last, context)).size();
  }
  if (left == 0) return;
  context.progress.warn(
      fmt::format("{} object{} of the package could not be protected as the registry's policy wants: "
                  "unio retention show {}@{} tells which",
                  left, left == 1 ? "" : "s", package.name.text(), package.top_hash.substr(0, 8)));
}

}  // namespace unio
