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

/// The document of a body and an environment as the tables have them; the latter is empty for one that has
/// none.
Json restored_document(std::string_view body, std::string_view environment);

std::optional<CatalogDocument> read_document(SqlConnection& connection, std::int64_t number);

}  // namespace unio::sql
