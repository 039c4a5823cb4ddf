#pragma once

#include <span>

#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// Brings a database's tables to the last of the migrations, whose numbers count from 1. One at a time, each
/// whole or not at all; many processes may do it at once. Error unsupported when the database has had more of
/// them.
void migrate(SqlConnection& connection, std::span<const Migration> migrations);

}  // namespace unio::sql
