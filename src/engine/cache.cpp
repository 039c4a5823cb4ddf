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

KeptCopy copy_of(const ObjectLocation& location, const EntryView& entry) {
  if (auto copy = kept_copy(location, entry)) return *std::move(copy);
  throw Error(ErrorCode::unsupported,
              fmt::format("'{}' at '{}' cannot be cached: {}", entry.logical_key(), entry.physical_key(),
                          location.store->cached() == nullptr ? "its store has no cache"
                                                              : "no digest says which content it is"));
}

std::pair<std::size_t, std::size_t> range_of(const OpenedPackage& package, const std::string& key) {
  if (const auto entry = package.manifest.find(key)) return {*entry, *entry + 1};
  const auto range = package.manifest.range(key == "." ? "" : key);
  if (range.first == range.second && !key.empty()) throw no_entry(package.name, package.manifest, key);
  return range;
}

void keep_entry(const Registry& registry, const Context& context, const EntryView& entry) {
  const KeptCopy copy = copy_of(locate(registry, context, entry), entry);
  copy.store->keep(copy.key, [&](const ByteSink& sink) { read_entry(registry, context, entry, sink); });
}

/// Where copies of the content of all revisions of some packages may be, with the size of each.
using Contents = std::map<std::pair<CachedStore*, std::string>, std::uint64_t>;

void add_contents(const Registry& registry, const PackageName& name, const Context& context,
                  Contents& contents) {
  std::set<std::string> hashes;
  for (const Pointer& pointer : registry.pointers(name)) hashes.insert(pointer.top_hash);
  for (const std::string& hash : hashes) {
    const Manifest manifest = registry.get_manifest(hash);
    for (std::size_t i = 0; i < manifest.size(); ++i) {
      throw_if_stopped(context.stop);
      auto copy = kept_copy(locate(registry, context, manifest[i]), manifest[i]);
      if (copy) contents.emplace(std::pair(copy->store, std::move(copy->key)), manifest[i].size());
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
  for (const auto& [copy, size] : own) {
    if (others.contains(copy)) continue;
    copy.first->clear({&copy.second, 1});
    result.entries += 1;
    result.bytes += size;
  }
  return result;
}

}  // namespace unio
