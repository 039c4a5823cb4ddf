#pragma once

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// Answers Catalog::find, within a transaction.
FindPage search(SqlConnection& connection, const Query& query, const FindOptions& options);

}  // namespace unio::sql
