#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "contract/store_factories.hpp"
#include "storage/object_store.hpp"
#include "support/expect_error.hpp"

namespace unio::test {

constexpr std::string_view with_line_break = "a\nb";

/// Keys that are hard on encoders, sorters and file systems.
inline std::vector<std::string> all_odd_keys() {
  return {"a b",
          "a+b",
          "a#b",
          "a%b",
          "a%20b",
          "a'b",
          "a\"b",
          "a\\b",
          std::string(with_line_break),
          "a&b=c?d",
          "é nfc",
          "e\u0301 nfd",
          "\U0001F41A",
          "日本/語",
          "-",
          ".hidden",
          "...",
          "~",
          "A",
          "a",
          "z/-",
          "z/.x",
          "z/0",
          "z-1",
          "z.1",
          "z0",
          "z/z/z",
          "deep/a/b/c",
          "named_packages/ns-a/n",
          "named_packages/ns/n",
          "named_packages/ns.b/n",
          "named_packages/ns0/n"};
}

/// Adds 1 to the number under `key`, `times` times, by compare-and-swap.
/// `who` keeps what two writers write apart: a repeated request must be told from another writer's equal one.
inline void increment(ObjectStore& store, std::string_view key, int times, int who) {
  for (int done = 0; done < times;) {
    const auto present = find_object(store, key);
    const std::string next = std::to_string(std::stoi(present->content) + 1) + " by " + std::to_string(who);
    try {
      store.write(key, as_bytes(next), Condition::matches(present->info.etag));
      ++done;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
    }
  }
}

inline void in_threads(int count, const std::function<void(int)>& body) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
}

inline std::string factory_name(const testing::TestParamInfo<StoreFactory>& info) {
  return info.param.name;
}

/// Skips the test, and says why, where the server below the store lacks what it needs.
#define UNIO_NEEDS(what) UNIO_NEEDS_OF(GetParam().lacks, what)
#define UNIO_NEEDS_OF(all, what)                               \
  if (const auto lacks = all; lacks.find(what) != lacks.end()) \
  GTEST_SKIP() << "no " << what << " on " << lacks.find(what)->second

/// A test on a fresh store of each kind.
class StoreTest : public testing::TestWithParam<StoreFactory> {
 protected:
  ObjectStore& store() { return under_test_->store(); }

  ObjectInfo write(std::string_view key, std::string_view content) {
    return store().write(key, as_bytes(content), Condition::none());
  }

  std::string read_range(std::string_view key, ByteRange range) {
    std::string content;
    store().read(key, range, [&](Bytes bytes) { content += as_text(bytes); });
    return content;
  }

  /// All of them, or all but one: a test of its own says so where a server does not take that.
  std::vector<std::string> odd_keys() {
    std::vector<std::string> keys = all_odd_keys();
    if (GetParam().lacks.contains("line-breaks")) std::erase(keys, with_line_break);
    return keys;
  }

  std::vector<std::string> all_keys() {
    std::vector<std::string> keys;
    for_each_object(store(), "", [&](const ObjectInfo& object) { keys.push_back(object.key); });
    return keys;
  }

 private:
  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
};

}  // namespace unio::test
