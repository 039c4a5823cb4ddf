#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

namespace unio::test {

/// An empty catalogue that goes with this object.
class CatalogUnderTest {
 public:
  virtual ~CatalogUnderTest() = default;
  /// Opens it once more, as another process would.
  virtual std::unique_ptr<Catalog> open() = 0;
};

/// One kind of catalogue.
struct CatalogFactory {
  std::string name;
  std::function<std::unique_ptr<CatalogUnderTest>()> make;
  /// Why it cannot be made here; empty when it can.
  std::string why_not = {};
};

/// How GoogleTest shows one.
inline void PrintTo(const CatalogFactory& factory, std::ostream* out) {
  *out << factory.name;
}

/// Every catalogue that the program has; a new one is added here and nowhere else.
std::vector<CatalogFactory> catalog_factories();

}  // namespace unio::test
