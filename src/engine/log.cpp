#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "engine/browse.hpp"
#include "engine/history.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// A manifest that cannot be read only costs the log its details.
std::optional<Manifest> try_manifest(const Registry& registry, const std::string& top_hash,
                                     const Context& context) {
  try {
    return registry.get_manifest(top_hash);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    context.progress.warn(error.what());
    return std::nullopt;
  }
}

std::optional<std::string> find_text(const Json& json, std::string_view member) {
  const Json* value = json.find(member);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::nullopt : std::optional(*text);
}

void fill_from_revision(const Registry& registry, const PackageName& name, LogEntry& entry,
                        const Context& context) {
  const auto revision = find_revision(registry, name, entry.top_hash, entry.timestamp, context);
  if (!revision) return;
  entry.user = find_text(*revision, "user");
  entry.git_commit = find_text(*revision, "git_commit");
  if (const Json* environment = revision->find("environment")) entry.environment = *environment;
}

}  // namespace

std::vector<LogEntry> log(const Registry& registry, const PackageName& name, std::size_t limit,
                          const Context& context) {
  std::vector<LogEntry> entries;
  std::multimap<std::string, std::string> tags;
  for (const Pointer& pointer : registry.pointers(name)) {
    if (!is_timestamp(pointer.name)) {
      tags.emplace(pointer.top_hash, pointer.name);
      continue;
    }
    const auto second = find_second(pointer.name);
    if (!second) continue;
    LogEntry entry;
    entry.top_hash = pointer.top_hash;
    entry.timestamp = *second;
    entries.push_back(std::move(entry));
  }
  // Throws the error with the near names when there is no such package.
  if (entries.empty() && tags.empty()) registry.resolve(name, Version{});
  std::sort(entries.begin(), entries.end(),
            [](const LogEntry& left, const LogEntry& right) { return left.timestamp > right.timestamp; });

  const std::size_t shown = std::min(limit, entries.size());
  std::optional<Manifest> manifest;
  if (shown > 0) manifest = try_manifest(registry, entries.front().top_hash, context);
  for (std::size_t i = 0; i < shown; ++i) {
    throw_if_stopped(context.stop);
    LogEntry& entry = entries[i];
    const auto [first, last] = tags.equal_range(entry.top_hash);
    for (auto tag = first; tag != last; ++tag) entry.tags.push_back(tag->second);
    fill_from_revision(registry, name, entry, context);
    std::optional<Manifest> before;
    const bool oldest = i + 1 == entries.size();
    if (!oldest) before = try_manifest(registry, entries[i + 1].top_hash, context);
    if (manifest) {
      entry.message = manifest->message();
      entry.entries = manifest->size();
      entry.bytes = manifest->total_bytes();
    }
    if (manifest && (before || oldest)) {
      const ManifestDiff change = diff(before.value_or(Manifest()), *manifest);
      entry.added = change.added;
      entry.removed = change.removed;
      entry.modified = change.modified;
    }
    manifest = std::move(before);
  }
  entries.resize(shown);
  return entries;
}

}  // namespace unio
