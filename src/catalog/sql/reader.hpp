#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// Those of the documents with these numbers that are there, in few queries.
std::map<std::int64_t, CatalogDocument> read_documents(SqlConnection& connection,
                                                       std::span<const std::int64_t> numbers);

std::optional<CatalogDocument> read_document(SqlConnection& connection, std::int64_t number);

}  // namespace unio::sql
