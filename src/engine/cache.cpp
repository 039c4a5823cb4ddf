#include "engine/cache.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/browse.hpp"
#include "engine/content.hpp"

namespace unio {
namespace {

CachedStore& cache_before(const ObjectLocation& location, std::string_view logical_key) {
  if (CachedStore* cached = location.store->cached()) return *cached;
  throw Error(ErrorCode::unsupported,
              fmt::format("'{}' lies in '{}', which has no cache", logical_key, location.store->url()));
}

std::pair<std::size_t, std::size_t> range_of(const OpenedPackage& package, const std::string& key) {
  if (const auto entry = package.manifest.find(key)) return {*entry, *entry + 1};
  const auto range = package.manifest.range(key == "." ? "" : key);
  if (range.first == range.second && !key.empty()) throw no_entry(package.name, package.manifest, key);
  return range;
}

/// What is kept is what the manifest says, or it is not kept.
void keep_entry(const Registry& registry, const Context& context, const EntryView& entry) {
  const ObjectLocation location = locate(registry, context, entry);
  CachedStore& cached = cache_before(location, entry.logical_key());
  cached.keep(location.key);
  try {
    read_entry(registry, context, entry, [](Bytes) {});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corruption) cached.clear({&location.key, 1});
    throw;
  }
}

/// Where the content of all revisions of some packages is in the registry's store: key → size.
using Contents = std::map<std::string, std::uint64_t>;

void add_contents(const Registry& registry, const PackageName& name, const Context& context,
                  Contents& contents) {
  std::set<std::string> hashes;
  for (const Pointer& pointer : registry.pointers(name)) hashes.insert(pointer.top_hash);
  for (const std::string& hash : hashes) {
    const Manifest manifest = registry.get_manifest(hash);
    for (std::size_t i = 0; i < manifest.size(); ++i) {
      throw_if_stopped(context.stop);
      ObjectLocation location = locate(registry, context, manifest[i]);
      if (location.store == &registry.store()) contents.emplace(std::move(location.key), manifest[i].size());
    }
  }
}

}  // namespace

CachedEntries keep_in_cache(const OpenedPackage& package, const std::string& key, const Context& context) {
  const auto [first, last] = range_of(package, key);
  const std::size_t begin = first;
  CachedEntries result{.entries = last - first};
  for (std::size_t i = first; i < last; ++i) result.bytes += package.manifest[i].size();
  const ProgressPhase phase(context.progress, "caching", result.entries, result.bytes);
  parallel_for(last - first, context.threads, context.stop, [&](std::size_t i) {
    const EntryView entry = package.manifest[begin + i];
    keep_entry(package.registry, context, entry);
    context.progress.advance(1, 0);
  });
  return result;
}

CachedEntries clear_from_cache(const Registry& registry, const PackageName& name, const Context& context) {
  Contents own;
  Contents others;
  add_contents(registry, name, context, own);
  for (const PackageName& other : registry.packages()) {
    if (other != name) add_contents(registry, other, context, others);
  }
  CachedEntries result;
  std::vector<std::string> keys;
  for (const auto& [key, size] : own) {
    if (others.contains(key)) continue;
    keys.push_back(key);
    result.entries += 1;
    result.bytes += size;
  }
  if (CachedStore* cached = registry.store().cached()) cached->clear(keys);
  return result;
}

}  // namespace unio
