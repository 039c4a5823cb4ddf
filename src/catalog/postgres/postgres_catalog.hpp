#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.hpp"

namespace unio {

/// The catalogue in a database of its own on a PostgreSQL server, for teams:
/// `postgresql://user@host:5432/database`. Its tables are made when they are absent, in the user's first
/// schema. PostgreSQL's client library is loaded when this is called.
std::unique_ptr<Catalog> open_postgres_catalog(const std::string& url);

}  // namespace unio
