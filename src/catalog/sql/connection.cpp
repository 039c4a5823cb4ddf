#include "catalog/sql/connection.hpp"

namespace unio::sql {

std::optional<std::int64_t> SqlConnection::find_integer(const SqlQuery& query) {
  std::optional<std::int64_t> found;
  this->query(query, [&](const SqlRow& row) {
    if (!row.is_null(0)) found = row.integer(0);
    return More::no;
  });
  return found;
}

std::optional<std::string> SqlConnection::find_bytes(const SqlQuery& query) {
  std::optional<std::string> found;
  this->query(query, [&](const SqlRow& row) {
    if (!row.is_null(0)) found = std::string(row.bytes(0));
    return More::no;
  });
  return found;
}

}  // namespace unio::sql
