#include "catalog/postgres/postgres_catalog.hpp"

#include "catalog/postgres/postgres.hpp"
#include "catalog/sql/migrate.hpp"
#include "catalog/sql/sql_catalog.hpp"

namespace unio {
namespace sql {

std::span<const Migration> postgres_migrations();

}  // namespace sql

std::unique_ptr<Catalog> open_postgres_catalog(const std::string& url) {
  const auto connect = [url]() -> std::unique_ptr<sql::SqlConnection> {
    auto connection = std::make_unique<sql::PostgresConnection>(url);
    sql::migrate(*connection, sql::postgres_migrations());
    return connection;
  };
  auto catalog = std::make_unique<sql::SqlCatalog>(sql::without_password(url), connect);
  catalog->find_state("");  // tells at once what is wrong
  return catalog;
}

}  // namespace unio
