#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/catalog_documents.hpp"
#include "model/metadata_reader.hpp"

namespace unio {

/// An artifact in one revision of its metadata.
struct PublishedArtifact {
  std::string folder;    ///< key of the artifact's folder
  std::string metadata;  ///< name of the file in it
};

/// In no order. Many are read at once where the store is far.
std::vector<CatalogDocument> artifact_documents(const Registry& registry,
                                                std::span<const PublishedArtifact> artifacts,
                                                MetadataReader& metadata, const Context& context);

}  // namespace unio
