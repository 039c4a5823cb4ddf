#pragma once

#include <cstddef>

#include "catalog/catalog.hpp"
#include "engine/registry.hpp"

namespace unio {

/// What bringing a catalogue up to date has done.
struct CatalogUpdate {
  std::size_t read = 0;     ///< artifacts and revisions of packages
  std::size_t changed = 0;  ///< documents that were new, or are newer than before
  /// Whether all was read from the store, because the catalogue did not know how far it was.
  bool rebuilt = false;
};

/// Puts into the catalogue what was published since it last was brought up to date: of the feed, or of the
/// whole store the first time. What others left half-done is completed before. When nothing is new this costs
/// two requests and writes nothing.
///
/// Documents are put in batches, the position in the feed with the last of them: interrupted, the next one
/// reads some of them again. Error failed_precondition for a catalogue of another registry. What is missing
/// or damaged is left out with a warning. Several may do so at once.
CatalogUpdate update_catalog(const Registry& registry, Catalog& catalog, const Context& context);

/// Fills the catalogue anew from the store alone, without the feed: also with what quilt3 and ElliptIO have
/// put there.
CatalogUpdate reindex(const Registry& registry, Catalog& catalog, const Context& context);

/// As Catalog::find, for what is published: without revisions that were deleted.
FindPage find_published(Catalog& catalog, const Query& query, const FindOptions& options);

}  // namespace unio
