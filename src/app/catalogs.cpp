#include "app/catalogs.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "catalog/postgres/postgres_catalog.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"

namespace unio {

std::filesystem::path Catalogs::file_of(std::string_view registry) const {
  const std::string name = to_hex(sha256(as_bytes(registry)));
  return std::filesystem::path(config_.get("cache.dir").value) / "catalogs" / (name + ".sqlite");
}

std::unique_ptr<Catalog> Catalogs::open(std::string_view registry) const {
  const std::string& database = config_.get("catalog").value;
  if (database.empty()) return open_sqlite_catalog(file_of(registry));
  if (database.starts_with("postgresql://") || database.starts_with("postgres://"))
    return open_postgres_catalog(database);
  // A URL may have a password in it.
  throw Error(ErrorCode::unsupported,
              fmt::format("no database of the kind '{}' is built in", database.substr(0, database.find(':'))),
              "unset UNIO_CATALOG, or unio config unset catalog, to keep the catalogue in a file");
}

std::unique_ptr<Catalog> Catalogs::open_to_rebuild(std::string_view registry) const {
  try {
    return open(registry);
  } catch (const Error& error) {
    const bool is_of_no_use = error.code() == ErrorCode::corruption || error.code() == ErrorCode::unsupported;
    if (!is_of_no_use || !is_file()) throw;
  }
  remove_sqlite_catalog(file_of(registry));
  return open(registry);
}

void Catalogs::use(std::string_view registry, Progress& progress,
                   const std::function<void(Catalog&)>& body) const {
  try {
    return body(*open(registry));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corruption || !is_file()) throw;
    progress.warn(fmt::format("the catalogue is damaged and built anew: {}", error.message()));
  }
  remove_sqlite_catalog(file_of(registry));
  body(*open(registry));
}

}  // namespace unio
