#pragma once

#include <span>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"
#include "catalog/sql/entry.hpp"
#include "catalog/sql/lookup.hpp"

namespace unio::sql {

/// Documents that are ready to be written.
struct PreparedDocuments {
  std::vector<Entry> entries;
  TextHash hash;  ///< what their strings were hashed by
};

/// The newest of each id. What Catalog says of documents is checked. Takes as long as writing, and needs no
/// database: `hash` is believed to be the one of the database. The documents must outlive what comes back.
PreparedDocuments prepare(std::span<const CatalogDocument> documents, TextHash hash);

/// Writes them with all that finds them. Within a transaction that writes, which the caller commits. Returns
/// how many were new or newer. Afterwards `prepared.hash` is the one of the database.
std::size_t put_prepared(SqlConnection& connection, PreparedDocuments& prepared, Indexing indexing);

}  // namespace unio::sql
