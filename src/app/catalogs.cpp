#include "app/catalogs.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"

namespace unio {

std::filesystem::path Catalogs::file_of(std::string_view registry) const {
  const std::string name = to_hex(sha256(as_bytes(registry)));
  return std::filesystem::path(config_.get("cache.dir").value) / "catalogs" / (name + ".sqlite");
}

std::unique_ptr<Catalog> Catalogs::open(std::string_view registry) const {
  const std::string& database = config_.get("catalog").value;
  if (database.empty()) return open_sqlite_catalog(file_of(registry));
  // A URL may have a password in it.
  throw Error(ErrorCode::unsupported,
              fmt::format("no database of the kind '{}' is built in", database.substr(0, database.find(':'))),
              "unset UNIO_CATALOG, or unio config unset catalog, to keep the catalogue in a file");
}

void Catalogs::use(std::string_view registry, Progress& progress,
                   const std::function<void(Catalog&)>& body) const {
  try {
    return body(*open(registry));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corruption || !config_.get("catalog").value.empty()) throw;
    progress.warn(fmt::format("the catalogue is damaged and built anew: {}", error.message()));
  }
  remove_sqlite_catalog(file_of(registry));
  body(*open(registry));
}

}  // namespace unio
