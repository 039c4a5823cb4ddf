#include "engine/hash_pointers.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/content.hpp"

namespace unio {
namespace {

constexpr DigestType type = DigestType::sha2_256_chunked;

Error changed(const EntryView& entry) {
  return Error(ErrorCode::failed_precondition,
               fmt::format("'{}' changed since it was added", entry.physical_key()), "add it again");
}

Digest hash_by_reading(const Registry& registry, const Context& context, const EntryView& entry) {
  DigestStream stream(type, entry.size());
  read_entry_range(registry, context, entry, ByteRange{}, [&](Bytes bytes) {
    throw_if_stopped(context.stop);
    stream.update(bytes);
    if (stream.size() > entry.size()) throw changed(entry);
    context.progress.advance(0, bytes.size());
  });
  if (stream.size() != entry.size()) throw changed(entry);
  return stream.finish();
}

}  // namespace

Manifest with_digests(Workspace& workspace, const Context& context) {
  const Manifest& manifest = workspace.manifest();
  std::vector<std::size_t> missing;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (manifest[i].has_hash()) continue;
    missing.push_back(i);
    bytes += manifest[i].size();
  }
  if (missing.empty()) return manifest;

  const Registry registry(context.stores.get(workspace.state().ref.registry), context);
  const ProgressPhase phase(context.progress, "hashing", missing.size(), bytes);
  std::vector<Digest> digests(missing.size());
  std::vector<std::size_t> near;
  std::vector<std::pair<std::size_t, FarRead>> far;
  for (std::size_t n = 0; n < missing.size(); ++n) {
    if (auto read = find_far_read(registry, context, manifest[missing[n]])) {
      read->checked = FarStore::Checked::yes;
      far.emplace_back(n, std::move(*read));
    } else {
      near.push_back(n);
    }
  }
  read_far(
      far.size(), {.threads = context.threads}, context.stop,
      [&](std::size_t i) { return std::move(far[i].second); },
      [&](std::size_t i, std::string content) {
        const std::size_t n = far[i].first;
        if (content.size() != manifest[missing[n]].size()) throw changed(manifest[missing[n]]);
        digests[n] = digest_of(type, as_bytes(content));
        context.progress.advance(1, content.size());
      });
  parallel_for(near.size(), context.threads, context.stop, [&](std::size_t i) {
    digests[near[i]] = hash_by_reading(registry, context, manifest[missing[near[i]]]);
    context.progress.advance(1, 0);
  });

  ManifestBuilder after;
  after.set_header(manifest.header());
  for (const auto& [key, meta] : manifest.folder_meta()) after.set_folder_meta(key, meta);
  std::size_t next = 0;
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (next == missing.size() || missing[next] != i) {
      after.add(manifest[i]);
      continue;
    }
    Entry entry = manifest[i].entry();
    entry.digest = digests[next++];
    after.add(entry);
  }
  return after.finish();
}

}  // namespace unio
