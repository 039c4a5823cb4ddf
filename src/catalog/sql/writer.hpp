#pragma once

#include <span>

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// Writes documents with all that finds them. Within a transaction that writes, which the caller commits.
/// Returns how many were new or newer; what Catalog says of documents is checked first.
std::size_t put_documents(SqlConnection& connection, std::span<const CatalogDocument> documents);

/// The document of a body and an environment as the tables have them; the latter is empty for one that has
/// none.
Json restored_document(std::string_view body, std::string_view environment);

}  // namespace unio::sql
