#include "engine/artifact_documents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/read_many.hpp"

namespace unio {
namespace {

constexpr std::uint64_t usual_metadata = std::uint64_t{64} << 10;

CatalogDocument artifact_document(MetadataReader::Reading&& reading) {
  const ArtifactRecord& record = reading.record;
  Json json = Json::object({{"kind", "artifact"}});
  json.if_object()->append(std::move(*reading.document.if_object()));
  json.set("creation_time", document_time(record.creation_time));
  return {.kind = DocumentKind::artifact,
          .id = record.artifact_id,
          .creation_time = record.creation_time,
          .revision = static_cast<std::uint64_t>(std::max<std::int64_t>(0, record.revision)),
          .based_on = distinct_ids(record.based_on),
          .document = std::move(json),
          .shared_packages = std::move(reading.packages)};
}

}  // namespace

std::vector<CatalogDocument> artifact_documents(const Registry& registry,
                                                std::span<const PublishedArtifact> artifacts,
                                                MetadataReader& metadata, const Context& context) {
  std::vector<std::string> keys;
  for (const PublishedArtifact& artifact : artifacts)
    keys.push_back(fmt::format("{}/{}", artifact.folder, artifact.metadata));
  Synchronized<std::vector<CatalogDocument>> documents;
  read_many(registry.store(), keys, usual_metadata, context,
            [&](std::size_t i, std::optional<std::string> content) {
              if (!content) return warn_left_out(registry, keys[i], "it is not there", context);
              try {
                CatalogDocument document = artifact_document(metadata.read(*content));
                if (!artifacts[i].folder.ends_with("_" + document.id))
                  throw Error(ErrorCode::corruption, fmt::format("it is of '{}'", document.id));
                documents.lock()->push_back(std::move(document));
              } catch (const Error& error) {
                warn_left_out(registry, keys[i], error.what(), context);
              }
            });
  return std::move(*documents.lock());
}

}  // namespace unio
