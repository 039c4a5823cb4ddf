#pragma once

#include <span>

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// Writes documents with all that finds them. Within a transaction that writes, which the caller commits.
/// Returns how many were new or newer; what Catalog says of documents is checked first.
std::size_t put_documents(SqlConnection& connection, std::span<const CatalogDocument> documents);

}  // namespace unio::sql
