#pragma once

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// Answers Catalog::find, within a transaction.
FindPage search(SqlConnection& connection, const Query& query, const FindOptions& options);

/// The document with this number.
std::optional<CatalogDocument> read_document(SqlConnection& connection, std::int64_t n);

}  // namespace unio::sql
