#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "storage/object_store.hpp"

namespace unio::test {

/// A fresh, empty store and all that it stands on.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual ObjectStore& store() = 0;
};

/// One way to make a store that has to keep the contract.
struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  /// What the server below it cannot do, with what it does instead; none of ours is excused.
  std::map<std::string, std::string, std::less<>> lacks = {};
  /// In bytes. A service counts what stands before the key in its bucket, too.
  std::size_t longest_key = 1024;
};

/// How GoogleTest shows one.
inline void PrintTo(const StoreFactory& factory, std::ostream* out) {
  *out << factory.name;
}

/// Every store that the program has; a new one is added here and nowhere else.
std::vector<StoreFactory> store_factories();

}  // namespace unio::test
