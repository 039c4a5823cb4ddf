#pragma once

#include <functional>
#include <memory>
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
  /// A fault of versitygw 1.8.0 in versioned buckets: an object that was removed still meets If-Match, and
  /// its folder is still listed.
  bool sees_what_was_removed = false;
};

/// Every store that the program has; a new one is added here and nowhere else.
std::vector<StoreFactory> store_factories();

}  // namespace unio::test
