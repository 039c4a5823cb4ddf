#include "engine/write_manifest.hpp"

#include "base/error.hpp"
#include "engine/content.hpp"
#include "engine/package_part.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// A large manifest is streamed where the store can take it, so that it is never in memory as text. `index`
/// is of use to those who read from far.
void store_manifest(ObjectStore& store, const Context& context, const std::string& key,
                    const Manifest& manifest, const Condition& condition, ManifestIndex& index) {
  const bool far = store.far() != nullptr;
  std::string text;
  std::unique_ptr<StagedObject> staged;
  if (StagingStore* staging = store.staging()) staged = staging->stage({.key = key});
  manifest.write_blocks([&](const Manifest::Block& block) {
    throw_if_stopped(context.stop);
    if (far) index.add(manifest, block);
    if (staged) {
      staged->append(as_bytes(block.text));
    } else {
      text += block.text;
    }
  });
  if (staged) {
    staged->publish(key, condition);
  } else {
    store.write(key, as_bytes(text), condition);
  }
}

/// For a manifest that is large enough to be read in parts, and stands. Nothing depends on it.
void write_manifest_index(const Registry& registry, const ManifestIndex& index) {
  if (index.size() <= read_whole_below) return;
  registry.store().write(layout::manifest_index(index.top_hash()), as_bytes(index.dump()), Condition::none());
}

}  // namespace

bool replaces_present(const Registry& registry, const Manifest& manifest, const std::string& top_hash) {
  return !points_at_local_files(registry, manifest) &&
         points_at_local_files(registry, registry.get_manifest(top_hash));
}

void write_manifest(const Registry& registry, const Context& context, const Manifest& manifest,
                    const std::string& top_hash) {
  const std::string key = layout::manifest(top_hash);
  ManifestIndex index(top_hash);
  for (bool repeated = false;; repeated = true) {
    // A far store says by its answer to the write whether the manifest was there.
    const bool asks = registry.store().far() == nullptr || repeated;
    const auto present = asks ? registry.store().find(key) : std::nullopt;
    if (present && !replaces_present(registry, manifest, top_hash)) {
      // Whoever wrote it may have died before he came to its index.
      if (present->size == index.size()) write_manifest_index(registry, index);
      return;
    }
    try {
      index = ManifestIndex(top_hash);
      store_manifest(registry.store(), context, key, manifest,
                     present ? Condition::matches(present->etag) : Condition::absent(), index);
      return write_manifest_index(registry, index);
    } catch (const Error& error) {
      // Somebody wrote the same manifest at this moment: look again.
      if (error.code() != ErrorCode::conflict || !registry.store().find(key)) throw;
    }
  }
}

}  // namespace unio
