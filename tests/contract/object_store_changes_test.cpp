// What ObjectStore's header promises of changes, asked of every store: conditions, removal, copies, races.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "contract/store_test.hpp"

namespace unio::test {
namespace {

class ObjectStoreChanges : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreChanges, testing::ValuesIn(store_factories()), factory_name);

TEST_P(ObjectStoreChanges, replaces_without_a_condition) {
  write("k", "a longer content");
  write("k", "short");
  EXPECT_EQ(read_object(store(), "k"), "short");
}

TEST_P(ObjectStoreChanges, creates_only_where_nothing_is) {
  store().write("k", as_bytes("first"), Condition::absent());
  EXPECT_UNIO_ERROR(store().write("k", as_bytes("second"), Condition::absent()), conflict);
  EXPECT_EQ(read_object(store(), "k"), "first");
}

TEST_P(ObjectStoreChanges, replaces_only_what_matches) {
  const ObjectInfo first = write("k", "first");
  const ObjectInfo second = store().write("k", as_bytes("second"), Condition::matches(first.etag));
  EXPECT_UNIO_ERROR(store().write("k", as_bytes("third"), Condition::matches(first.etag)), conflict);
  EXPECT_EQ(read_object(store(), "k"), "second");
  EXPECT_EQ(store().find("k")->etag, second.etag);
}

TEST_P(ObjectStoreChanges, replaces_nothing_where_nothing_is) {
  UNIO_NEEDS("clean-removal");
  const ObjectInfo gone = write("k", "x");
  store().remove("k", Condition::none());
  EXPECT_UNIO_ERROR(store().write("k", as_bytes("y"), Condition::matches(gone.etag)), conflict);
  EXPECT_FALSE(store().find("k"));
}

TEST_P(ObjectStoreChanges, removes_objects) {
  write("a/b/c", "x");
  store().remove("a/b/c", Condition::none());
  EXPECT_FALSE(store().find("a/b/c"));
  EXPECT_TRUE(all_keys().empty());
}

TEST_P(ObjectStoreChanges, removes_nothing_where_nothing_is) {
  EXPECT_NO_THROW(store().remove("a/b", Condition::none()));
  EXPECT_NO_THROW(store().remove("a/b", Condition::absent()));
}

TEST_P(ObjectStoreChanges, removes_only_what_matches) {
  const ObjectInfo first = write("k", "first");
  const ObjectInfo second = write("k", "second");
  EXPECT_UNIO_ERROR(store().remove("k", Condition::matches(first.etag)), conflict);
  EXPECT_UNIO_ERROR(store().remove("k", Condition::absent()), conflict);
  EXPECT_TRUE(store().find("k"));
  store().remove("k", Condition::matches(second.etag));
  EXPECT_FALSE(store().find("k"));
  EXPECT_UNIO_ERROR(store().remove("k", Condition::matches(second.etag)), conflict);
}

TEST_P(ObjectStoreChanges, makes_an_object_again_where_one_was_removed) {
  write("a/b", "x");
  store().remove("a/b", Condition::none());
  store().write("a/b", as_bytes("y"), Condition::absent());
  EXPECT_EQ(read_object(store(), "a/b"), "y");
}

TEST_P(ObjectStoreChanges, copies_small_and_large_objects) {
  const std::string large(2'500'001, 'z');
  write("small", "s");
  write("empty", "");
  write("large", large);
  store().copy("small", "copies/small", Condition::none());
  store().copy("empty", "copies/empty", Condition::none());
  const ObjectInfo copied = store().copy("large", "copies/large", Condition::none());
  EXPECT_EQ(read_object(store(), "copies/small"), "s");
  EXPECT_EQ(read_object(store(), "copies/empty"), "");
  EXPECT_TRUE(read_object(store(), "copies/large") == large);
  EXPECT_EQ(copied.key, "copies/large");
  EXPECT_EQ(copied.size, large.size());
  EXPECT_EQ(store().find("copies/large")->etag, copied.etag);
}

TEST_P(ObjectStoreChanges, copies_are_independent) {
  write("from", "old");
  store().copy("from", "to", Condition::none());
  write("from", "new");
  EXPECT_EQ(read_object(store(), "to"), "old");
  store().remove("from", Condition::none());
  EXPECT_EQ(read_object(store(), "to"), "old");
}

TEST_P(ObjectStoreChanges, copies_under_conditions) {
  write("from", "new");
  const ObjectInfo present = write("to", "present");
  EXPECT_UNIO_ERROR(store().copy("from", "to", Condition::absent()), conflict);
  EXPECT_UNIO_ERROR(store().copy("from", "to", Condition::matches("other")), conflict);
  EXPECT_EQ(read_object(store(), "to"), "present");
  store().copy("from", "to", Condition::matches(present.etag));
  EXPECT_EQ(read_object(store(), "to"), "new");
}

TEST_P(ObjectStoreChanges, copies_no_absent_object) {
  EXPECT_UNIO_ERROR(store().copy("absent", "to", Condition::none()), not_found);
  EXPECT_FALSE(store().find("to"));
}

TEST_P(ObjectStoreChanges, copies_an_object_onto_itself) {
  write("k", "same");
  store().copy("k", "k", Condition::none());
  EXPECT_EQ(read_object(store(), "k"), "same");
}

TEST_P(ObjectStoreChanges, lets_exactly_one_of_eight_threads_create_a_key) {
  UNIO_NEEDS("create-only");
  for (int round = 0; round < 10; ++round) {
    const std::string key = "round/" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::atomic<int> winner = -1;
    in_threads(8, [&](int thread) {
      try {
        store().write(key, as_bytes(std::to_string(thread)), Condition::absent());
        ++winners;
        winner = thread;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::conflict) << error.what();
      }
    });
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(read_object(store(), key), std::to_string(winner));
  }
}

TEST_P(ObjectStoreChanges, loses_no_update_of_eight_threads_that_compare_and_swap) {
  UNIO_NEEDS("swap");
  write("counter", "0");
  in_threads(8, [&](int thread) { increment(store(), "counter", 25, thread); });
  EXPECT_EQ(std::stoi(read_object(store(), "counter")), 200);
}

TEST_P(ObjectStoreChanges, shows_readers_whole_objects_only) {
  // Above and below the size up to which a store may treat an object as small.
  const std::vector<std::string> contents = {std::string(100, 'a'), std::string(200'000, 'b'),
                                             std::string(30'000, 'c')};
  write("k", contents[0]);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < 60; ++i) write("k", contents[static_cast<std::size_t>(i) % contents.size()]);
    done = true;
  });
  do {
    const auto found = find_object(store(), "k");
    ASSERT_TRUE(found) << "a replaced object was absent for a moment";
    EXPECT_EQ(found->content, contents[static_cast<std::size_t>(found->content.at(0) - 'a')]);
    EXPECT_EQ(found->info.size, found->content.size());
  } while (!done);
}

}  // namespace
}  // namespace unio::test
