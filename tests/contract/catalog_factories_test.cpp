#include "contract/catalog_factories.hpp"

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

}  // namespace

std::vector<CatalogFactory> catalog_factories() {
  return {{"sqlite", [] { return std::make_unique<SqliteUnderTest>(); }}};
}

}  // namespace unio::test
