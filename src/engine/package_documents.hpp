#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/catalog_documents.hpp"

namespace unio {

/// A revision of a package, and what points at it.
struct PublishedRevision {
  PackageName name;
  std::string top_hash;
  std::vector<std::string> tags;  ///< sorted, `latest` included
};

/// "<name>@<top hash>": the id of the document, and of the revision in lineage.
std::string revision_id(const PackageName& name, std::string_view top_hash);
/// Whether `id` is one.
bool is_revision_id(std::string_view id);

/// What is asked for where the store's records do not tell it.
struct RevisionQuestions {
  /// The second of the first publication, for a revision that has no record of its own, as quilt3 makes them.
  std::function<std::optional<std::int64_t>(const PublishedRevision&)> first_second;
  /// Whether a revision of this id is known: what a parent is taken for before other packages are.
  std::function<bool(std::string_view id)> is_known;
};

/// `seen` is when the tags were read: of two documents of a revision the later view counts.
std::vector<CatalogDocument> package_documents(const Registry& registry,
                                               std::span<const PublishedRevision> revisions, Time seen,
                                               const RevisionQuestions& questions, const Context& context);

/// The document with these tags instead.
CatalogDocument with_tags(CatalogDocument document, const std::vector<std::string>& tags, Time seen);

}  // namespace unio
