#include "catalog/sqlite/sqlite_catalog.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "catalog/sql/migrate.hpp"
#include "catalog/sql/sql_catalog.hpp"
#include "catalog/sqlite/sqlite.hpp"

namespace unio {
namespace sql {

std::span<const Migration> sqlite_migrations();

}  // namespace sql

std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file) {
  const std::filesystem::path absolute = std::filesystem::absolute(file);
  const auto connect = [absolute]() -> std::unique_ptr<sql::SqlConnection> {
    auto connection = std::make_unique<sql::SqliteConnection>(absolute);
    sql::migrate(*connection, sql::sqlite_migrations());
    return connection;
  };
  auto catalog = std::make_unique<sql::SqlCatalog>("sqlite://" + absolute.string(), connect);
  catalog->find_state("");  // tells at once what is wrong
  return catalog;
}

void remove_sqlite_catalog(const std::filesystem::path& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code error;
    std::filesystem::remove(file.string() + suffix, error);
    if (error) throw error_from_errno(error.value(), fmt::format("remove '{}{}'", file.string(), suffix));
  }
}

}  // namespace unio
