// What ObjectStore's header promises of batches and of objects that are named last, asked of every store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/store_test.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ObjectStoreBatch : public StoreTest {};
class ObjectStoreStaging : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreBatch, testing::ValuesIn(store_factories()), factory_name);
INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreStaging, testing::ValuesIn(store_factories()), factory_name);

TEST_P(ObjectStoreBatch, has_written_everything_after_commit) {
  const auto batch = store().batch();
  batch->put("a/1", as_bytes("one"));
  batch->put("b/2", as_bytes(""));
  batch->put("b/3", as_bytes(std::string(200'000, 'x')));
  EXPECT_THAT(batch->commit(), IsEmpty());
  EXPECT_EQ(read_object(store(), "a/1"), "one");
  EXPECT_EQ(read_object(store(), "b/2"), "");
  EXPECT_EQ(read_object(store(), "b/3"), std::string(200'000, 'x'));
}

TEST_P(ObjectStoreBatch, commits_nothing_at_all) {
  EXPECT_THAT(store().batch()->commit(), IsEmpty());
}

TEST_P(ObjectStoreBatch, leaves_what_exists_and_says_so) {
  UNIO_NEEDS("create-only");
  write("there", "old");
  const auto batch = store().batch();
  batch->put("there", as_bytes("new"));
  batch->put("not there", as_bytes("new"));
  EXPECT_THAT(batch->commit(), ElementsAre("there"));
  EXPECT_EQ(read_object(store(), "there"), "old");
  EXPECT_EQ(read_object(store(), "not there"), "new");
}

TEST_P(ObjectStoreBatch, leaves_what_came_into_being_after_the_put) {
  UNIO_NEEDS("create-only");
  const auto batch = store().batch();
  batch->put("k", as_bytes("late"));
  try {
    store().write("k", as_bytes("early"), Condition::absent());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_THAT(batch->commit(), IsEmpty());
    return;
  }
  EXPECT_THAT(batch->commit(), ElementsAre("k"));
  EXPECT_EQ(read_object(store(), "k"), "early");
}

TEST_P(ObjectStoreBatch, keeps_the_first_of_two_objects_with_one_key) {
  const auto batch = store().batch();
  batch->put("k", as_bytes("first"));
  batch->put("k", as_bytes("second"));
  EXPECT_THAT(batch->commit(), ElementsAre("k"));
  EXPECT_EQ(read_object(store(), "k"), "first");
}

TEST_P(ObjectStoreBatch, shows_nothing_half_written_at_any_time) {
  const std::string content(50'000, 'x');
  const auto batch = store().batch();
  for (int i = 0; i < 20; ++i) {
    batch->put("k/" + std::to_string(i), as_bytes(content));
    for_each_object(store(), "", [&](const ObjectInfo& object) { EXPECT_EQ(object.size, content.size()); });
  }
  batch->commit();
  EXPECT_EQ(all_keys().size(), 20U);
}

TEST_P(ObjectStoreBatch, leaves_nothing_that_is_still_to_come_when_it_is_not_committed) {
  {
    const auto batch = store().batch();
    batch->put("a", as_bytes("x"));
  }
  const std::vector<std::string> keys = all_keys();
  for (const std::string& key : keys) EXPECT_EQ(read_object(store(), key), "x");
  EXPECT_EQ(all_keys(), keys);
}

TEST_P(ObjectStoreBatch, takes_objects_from_many_threads) {
  const auto batch = store().batch();
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 200; ++i) {
      const std::string key = std::to_string(i % 16) + "/" + std::to_string(thread) + "." + std::to_string(i);
      batch->put(key, as_bytes(key));
    }
  });
  batch->commit();
  const std::vector<std::string> keys = all_keys();
  EXPECT_EQ(keys.size(), 1600U);
  for (const std::string& key : keys) EXPECT_EQ(read_object(store(), key), key);
}

TEST_P(ObjectStoreBatch, takes_more_than_one_round_of_objects) {
  const auto batch = store().batch();
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) batch->put(std::to_string(i % 10) + "/" + std::to_string(i), as_bytes("x"));
  EXPECT_THAT(batch->commit(), IsEmpty());
  EXPECT_EQ(all_keys().size(), static_cast<std::size_t>(count));
}

TEST_P(ObjectStoreBatch, lets_two_batches_bring_the_same_objects) {
  UNIO_NEEDS("create-only");
  const auto one = store().batch();
  const auto two = store().batch();
  for (const std::string key : {"a", "b"}) {
    one->put(key, as_bytes("same"));
    two->put(key, as_bytes("same"));
  }
  std::vector<std::string> present = one->commit();
  for (const std::string& key : two->commit()) present.push_back(key);
  EXPECT_THAT(present, UnorderedElementsAre("a", "b"));
}

TEST_P(ObjectStoreStaging, names_an_object_after_its_bytes) {
  const auto staged = store().staging()->stage({.key = "a/b"});
  staged->append(as_bytes("one "));
  staged->append(as_bytes("two"));
  EXPECT_THAT(all_keys(), IsEmpty());
  const ObjectInfo info = staged->publish("a/b", Condition::absent());
  EXPECT_EQ(info.key, "a/b");
  EXPECT_EQ(info.size, 7U);
  EXPECT_EQ(store().find("a/b")->etag, info.etag);
  EXPECT_EQ(read_object(store(), "a/b"), "one two");
}

TEST_P(ObjectStoreStaging, takes_more_than_memory_should_hold_at_once) {
  const std::string piece(1'000'003, 'p');
  const auto staged = store().staging()->stage({.key = "large"});
  for (int i = 0; i < 10; ++i) staged->append(as_bytes(piece));
  const ObjectInfo info = staged->publish("large", Condition::none());
  EXPECT_EQ(info.size, 10 * piece.size());
  EXPECT_EQ(store().find("large")->etag, info.etag);
}

TEST_P(ObjectStoreStaging, publishes_an_empty_object) {
  store().staging()->stage({.key = "empty"})->publish("empty", Condition::absent());
  EXPECT_EQ(read_object(store(), "empty"), "");
}

TEST_P(ObjectStoreStaging, vanishes_unless_published) {
  store().staging()->stage({.key = "lost"})->append(as_bytes("lost"));
  EXPECT_THAT(all_keys(), IsEmpty());
}

TEST_P(ObjectStoreStaging, publishes_under_conditions) {
  const ObjectInfo present = write("k", "present");
  const auto staged = store().staging()->stage({.key = "k"});
  staged->append(as_bytes("new"));
  EXPECT_UNIO_ERROR(staged->publish("k", Condition::absent()), conflict);
  EXPECT_UNIO_ERROR(staged->publish("k", Condition::matches("other")), conflict);
  EXPECT_EQ(read_object(store(), "k"), "present");
  staged->publish("k", Condition::matches(present.etag));
  EXPECT_EQ(read_object(store(), "k"), "new");
}

TEST_P(ObjectStoreStaging, publishes_what_goes_in_parts_only_where_nothing_is) {
  const std::string large(std::size_t{9} << 20, 'l');
  write("there", "present");
  for (const std::string key : {"there", "new"}) {
    const auto staged = store().staging()->stage({.key = key, .size = large.size()});
    staged->append(as_bytes(large));
    if (key == "new")
      staged->publish(key, Condition::absent());
    else
      EXPECT_UNIO_ERROR(staged->publish(key, Condition::absent()), conflict);
  }
  EXPECT_EQ(read_object(store(), "there"), "present");
  EXPECT_EQ(store().find("new")->size, large.size());
}

TEST_P(ObjectStoreStaging, publishes_what_goes_in_parts_only_where_it_matches) {
  UNIO_NEEDS("swapping-completion");
  const std::string large(std::size_t{9} << 20, 'l');
  const ObjectInfo stale = write("k", "old");
  const ObjectInfo present = write("k", "present");
  for (const ObjectInfo& info : {stale, present}) {
    const auto staged = store().staging()->stage({.key = "k", .size = large.size()});
    staged->append(as_bytes(large));
    if (info.etag == present.etag)
      staged->publish("k", Condition::matches(info.etag));
    else
      EXPECT_UNIO_ERROR(staged->publish("k", Condition::matches(info.etag)), conflict);
  }
  EXPECT_EQ(store().find("k")->size, large.size());
}

}  // namespace
}  // namespace unio::test
