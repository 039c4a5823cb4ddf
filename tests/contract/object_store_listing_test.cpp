// What ObjectStore's header promises of listings, asked of every store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "contract/store_test.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Everything that a listing gives, page by page.
struct Listed {
  std::vector<std::string> keys;
  std::vector<std::string> folders;
  std::size_t pages = 0;
};

class ObjectStoreListing : public StoreTest {
 protected:
  Listed list(std::string prefix, std::string delimiter = {}, std::size_t limit = 1000) {
    Listed listed;
    ListOptions options{std::move(prefix), std::move(delimiter), {}, limit};
    do {
      const ListPage page = store().list(options);
      EXPECT_LE(page.objects.size() + page.folders.size(), limit);
      for (const ObjectInfo& object : page.objects) listed.keys.push_back(object.key);
      listed.folders.insert(listed.folders.end(), page.folders.begin(), page.folders.end());
      options.start = page.next;
      ++listed.pages;
    } while (!options.start.empty() && listed.pages < 1000);
    return listed;
  }

  void write_all(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) write(key, key);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreListing, testing::ValuesIn(store_factories()), factory_name);

TEST_P(ObjectStoreListing, lists_nothing_in_an_empty_store) {
  EXPECT_THAT(list("").keys, IsEmpty());
  EXPECT_THAT(list("a/b").keys, IsEmpty());
  EXPECT_THAT(list("", "/").folders, IsEmpty());
}

TEST_P(ObjectStoreListing, lists_keys_in_ascending_order_of_their_bytes) {
  write_all(odd_keys());
  std::vector<std::string> sorted = odd_keys();
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(list("").keys, sorted);
}

TEST_P(ObjectStoreListing, sorts_by_whole_keys_and_not_folder_by_folder) {
  write_all({"a/b", "a-b", "a.b", "a0", "a/-", "a-b-c/x", "aa"});
  EXPECT_THAT(list("").keys, ElementsAre("a-b", "a-b-c/x", "a.b", "a/-", "a/b", "a0", "aa"));
}

TEST_P(ObjectStoreListing, tells_size_and_time_of_each_object) {
  const ObjectInfo written = write("k", "12345");
  const ListPage page = store().list({.prefix = "", .delimiter = {}, .start = {}});
  ASSERT_EQ(page.objects.size(), 1U);
  EXPECT_EQ(page.objects[0].size, 5U);
  EXPECT_LE(std::chrono::abs(page.objects[0].modified - written.modified), std::chrono::seconds(2));
  EXPECT_TRUE(page.objects[0].etag.empty() || page.objects[0].etag == written.etag);
}

TEST_P(ObjectStoreListing, begins_beyond_the_key_that_it_is_told) {
  write_all({"a/b", "a/d/e", "a/d0", "a/f", "b"});
  const auto list_after = [&](const std::string& after, std::size_t limit) {
    std::vector<std::string> keys;
    ListOptions options{.prefix = "a/", .delimiter = {}, .start = {}, .limit = limit, .after = after};
    do {
      const ListPage page = store().list(options);
      for (const ObjectInfo& object : page.objects) keys.push_back(object.key);
      options.start = page.next;
    } while (!options.start.empty());
    return keys;
  };
  for (const std::size_t limit : {1U, 2U, 1000U}) {
    EXPECT_THAT(list_after("a/b", limit), ElementsAre("a/d/e", "a/d0", "a/f"));
    EXPECT_THAT(list_after("a/c", limit), ElementsAre("a/d/e", "a/d0", "a/f"));
    EXPECT_THAT(list_after("a/d/e", limit), ElementsAre("a/d0", "a/f"));
    EXPECT_THAT(list_after("a", limit), ElementsAre("a/b", "a/d/e", "a/d0", "a/f"));
    EXPECT_THAT(list_after("a/f", limit), IsEmpty());
    EXPECT_THAT(list_after("b", limit), IsEmpty());
  }
}

TEST_P(ObjectStoreListing, lists_only_what_begins_with_the_prefix) {
  write_all({"a/b", "a/bc", "a/bd/e", "a/c", "ab", "b"});
  EXPECT_THAT(list("a/b").keys, ElementsAre("a/b", "a/bc", "a/bd/e"));
  EXPECT_THAT(list("a/").keys, ElementsAre("a/b", "a/bc", "a/bd/e", "a/c"));
  EXPECT_THAT(list("a").keys, ElementsAre("a/b", "a/bc", "a/bd/e", "a/c", "ab"));
  EXPECT_THAT(list("a/bd/e").keys, ElementsAre("a/bd/e"));
  EXPECT_THAT(list("a/bd/e/").keys, IsEmpty());
  EXPECT_THAT(list("c").keys, IsEmpty());
}

TEST_P(ObjectStoreListing, finds_nothing_under_a_prefix_that_no_key_can_have) {
  write_all({"a", "b/c"});
  for (const std::string prefix : {"/", "../", "..", "./", "b/../", "b//", "//", "b/../b/"}) {
    EXPECT_THAT(list(prefix).keys, IsEmpty()) << prefix;
    EXPECT_THAT(list(prefix, "/").folders, IsEmpty()) << prefix;
  }
}

TEST_P(ObjectStoreListing, rolls_folders_up) {
  write_all({"a", "b/c", "b/d/e", "b-c", "c/x/y/z"});
  const Listed top = list("", "/");
  EXPECT_THAT(top.keys, ElementsAre("a", "b-c"));
  EXPECT_THAT(top.folders, ElementsAre("b/", "c/"));
  const Listed below = list("b/", "/");
  EXPECT_THAT(below.keys, ElementsAre("b/c"));
  EXPECT_THAT(below.folders, ElementsAre("b/d/"));
  EXPECT_THAT(list("b", "/").folders, ElementsAre("b/"));
  EXPECT_THAT(list("c/x", "/").folders, ElementsAre("c/x/"));
}

TEST_P(ObjectStoreListing, shows_no_folder_without_objects) {
  UNIO_NEEDS("clean-removal");
  write_all({"a/b/c", "d"});
  store().remove("a/b/c", Condition::none());
  const Listed listed = list("", "/");
  EXPECT_THAT(listed.folders, IsEmpty());
  EXPECT_THAT(listed.keys, ElementsAre("d"));
}

TEST_P(ObjectStoreListing, gives_the_same_in_pages_of_any_size) {
  write_all(odd_keys());
  for (const std::string delimiter : {"", "/"}) {
    for (const std::string prefix : {"", "named_packages/", "named_packages/ns", "z", "z/"}) {
      const Listed whole = list(prefix, delimiter);
      for (const std::size_t limit : {1U, 2U, 3U, 7U}) {
        const Listed paged = list(prefix, delimiter, limit);
        EXPECT_EQ(paged.keys, whole.keys) << prefix << " " << delimiter << " " << limit;
        EXPECT_EQ(paged.folders, whole.folders) << prefix << " " << delimiter << " " << limit;
      }
    }
  }
}

TEST_P(ObjectStoreListing, has_no_next_page_when_the_last_one_is_just_full) {
  write_all({"a", "b", "c/d"});
  EXPECT_EQ(list("", "", 3).pages, 1U);
  EXPECT_EQ(list("", "/", 3).pages, 1U);
  EXPECT_EQ(list("", "/", 2).pages, 2U);
}

TEST_P(ObjectStoreListing, can_repeat_a_page) {
  write_all({"a", "b", "c", "d"});
  ListOptions options{.prefix = "", .delimiter = {}, .start = {}, .limit = 2};
  options.start = store().list(options).next;
  for (int i = 0; i < 2; ++i) {
    const ListPage page = store().list(options);
    ASSERT_EQ(page.objects.size(), 2U);
    EXPECT_EQ(page.objects[0].key, "c");
  }
}

TEST_P(ObjectStoreListing, goes_on_when_the_last_object_of_a_page_was_removed) {
  write_all({"a", "b", "c/x", "d"});
  ListOptions options{.prefix = "", .delimiter = {}, .start = {}, .limit = 3};
  options.start = store().list(options).next;
  store().remove("c/x", Condition::none());
  const ListPage page = store().list(options);
  ASSERT_EQ(page.objects.size(), 1U);
  EXPECT_EQ(page.objects[0].key, "d");
}

TEST_P(ObjectStoreListing, refuses_pages_that_hold_nothing) {
  EXPECT_UNIO_ERROR(store().list({.prefix = "", .delimiter = {}, .start = {}, .limit = 0}), invalid_argument);
}

TEST_P(ObjectStoreListing, calls_for_each_object_once_over_many_pages) {
  const auto batch = store().batch();
  std::set<std::string> written;
  for (int i = 0; i < 2500; ++i) {
    const std::string key = "p/" + std::to_string(i * 7919 % 2500);
    written.insert(key);
    batch->put(key, as_bytes(key));
  }
  batch->commit();
  std::vector<std::string> seen;
  for_each_object(store(), "p/", [&](const ObjectInfo& object) { seen.push_back(object.key); });
  EXPECT_EQ(seen, std::vector<std::string>(written.begin(), written.end()));
}

}  // namespace
}  // namespace unio::test
