#include "contract/catalog_factories.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/random.hpp"
#include "catalog/postgres/postgres.hpp"
#include "catalog/postgres/postgres_catalog.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

class SqliteUnderTest final : public CatalogUnderTest {
 public:
  std::unique_ptr<Catalog> open() override {
    return open_sqlite_catalog(folder_.path() / "cache/catalog.sqlite");
  }

 private:
  TemporaryDirectory folder_;
};

/// A database of its own on the server of the tests.
class PostgresUnderTest final : public CatalogUnderTest {
 public:
  explicit PostgresUnderTest(std::string server) : server_(std::move(server)) {
    SystemRandom random;
    name_ = "t" + random_id(random);
    sql::PostgresConnection(server_ + "/postgres").run_script("CREATE DATABASE " + name_);
  }
  ~PostgresUnderTest() override {
    try {
      sql::PostgresConnection(server_ + "/postgres").run_script("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
  std::unique_ptr<Catalog> open() override { return open_postgres_catalog(server_ + "/" + name_); }

 private:
  std::string server_, name_;
};

}  // namespace

std::vector<CatalogFactory> catalog_factories() {
  const char* server = std::getenv("UNIO_TEST_POSTGRES");
  const std::string why =
      server == nullptr ? "there is no PostgreSQL server; scripts/with-postgres runs one" : "";
  return {{"sqlite", [] { return std::make_unique<SqliteUnderTest>(); }},
          {"postgres", [server] { return std::make_unique<PostgresUnderTest>(server); }, why}};
}

}  // namespace unio::test
