#include "engine/put_content.hpp"

#include <algorithm>

#include "base/threads.hpp"
#include "engine/ingest.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

StoredContent put(Ingest& ingest, const NewContent& content) {
  if (const auto* text = std::get_if<std::string>(&content)) {
    const Ingest::Taken taken = ingest.take(as_bytes(*text));
    return {taken.digest, text->size(), taken.stored};
  }
  const std::string path = std::get<std::filesystem::path>(content).native();
  const FileStamp stamp = stamp_of(File::open_for_reading(path).status());
  const Ingest::Taken taken = ingest.take(path, stamp, std::nullopt);
  return {taken.digest, stamp.size, taken.stored};
}

}  // namespace

std::vector<StoredContent> put_contents(const Registry& registry, std::span<const NewContent> contents,
                                        const Context& context) {
  PushSession session(registry, context,
                      {.name = std::nullopt, .format_etag = {}, .holder = PushSession::Holder::another});
  Ingest ingest(registry, session, context);
  std::vector<StoredContent> stored(contents.size());
  parallel_for(contents.size(), context.threads, context.stop,
               [&](std::size_t i) { stored[i] = put(ingest, contents[i]); });
  ingest.commit();
  return stored;
}

std::vector<std::size_t> find_missing(const Registry& registry, std::span<const StoredContent> contents,
                                      const Context& context) {
  Synchronized<std::vector<std::size_t>> missing;
  parallel_for(contents.size(), context.threads, context.stop, [&](std::size_t i) {
    const auto object = registry.store().find(layout::object(contents[i].digest));
    if (!object || object->size != contents[i].size) missing.lock()->push_back(i);
  });
  std::vector<std::size_t> positions = std::move(*missing.lock());
  std::sort(positions.begin(), positions.end());
  return positions;
}

}  // namespace unio
