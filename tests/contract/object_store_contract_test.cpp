// What ObjectStore's header promises of one object, asked of every store: reading, writing, conditions,
// copies. Listing is in object_store_listing_test.cpp, batches and staging are in object_store_bulk_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "contract/store_test.hpp"

namespace unio::test {
namespace {

using testing::HasSubstr;

class ObjectStoreContract : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract, testing::ValuesIn(store_factories()), factory_name);

TEST_P(ObjectStoreContract, finds_nothing_under_an_absent_key) {
  EXPECT_FALSE(store().find("a"));
  EXPECT_FALSE(store().find("a/b/c"));
  EXPECT_FALSE(find_object(store(), "a"));
}

TEST_P(ObjectStoreContract, gives_back_what_was_written) {
  write("a/b c", "bytes");
  EXPECT_EQ(read_object(store(), "a/b c"), "bytes");
}

TEST_P(ObjectStoreContract, tells_the_same_info_from_write_find_and_read) {
  const ObjectInfo written = write("k", "12345");
  const auto found = store().find("k");
  ASSERT_TRUE(found);
  const ObjectInfo read = store().read("k", ByteRange{}, [](Bytes) {});
  for (const ObjectInfo& info : {written, *found, read}) {
    EXPECT_EQ(info.key, "k");
    EXPECT_EQ(info.size, 5U);
    EXPECT_EQ(info.etag, written.etag);
    // The answer to a write may be dated a moment later than the object.
    EXPECT_LE(std::chrono::abs(info.modified - written.modified), std::chrono::seconds(2));
  }
  EXPECT_FALSE(written.etag.empty());
}

TEST_P(ObjectStoreContract, tells_the_same_etag_of_a_large_object_until_it_changes) {
  const std::string large(300'000, 'x');
  const ObjectInfo written = write("k", large);
  EXPECT_EQ(store().find("k")->etag, written.etag);
  EXPECT_EQ(store().read("k", {7, 9}, [](Bytes) {}).etag, written.etag);
  EXPECT_NE(write("k", std::string(300'000, 'y')).etag, written.etag);
}

TEST_P(ObjectStoreContract, keeps_empty_objects) {
  write("empty", "");
  EXPECT_EQ(read_object(store(), "empty"), "");
  EXPECT_EQ(store().find("empty")->size, 0U);
}

TEST_P(ObjectStoreContract, keeps_any_bytes) {
  std::string bytes;
  for (int i = 0; i < 1024; ++i) bytes += static_cast<char>(i);
  write("k", bytes);
  EXPECT_EQ(read_object(store(), "k"), bytes);
}

TEST_P(ObjectStoreContract, keeps_odd_keys_apart) {
  const std::vector<std::string> keys = odd_keys();
  for (const std::string& key : keys) write(key, "content of " + key);
  for (const std::string& key : keys) EXPECT_EQ(read_object(store(), key), "content of " + key);
}

TEST_P(ObjectStoreContract, keeps_a_key_with_a_line_break) {
  UNIO_NEEDS("line-breaks");
  write(with_line_break, "odd");
  EXPECT_EQ(read_object(store(), with_line_break), "odd");
  EXPECT_EQ(all_keys(), std::vector<std::string>{std::string(with_line_break)});
}

TEST_P(ObjectStoreContract, keeps_a_long_key) {
  const std::size_t longest = GetParam().longest_key;
  std::string key(200, 'a');
  while (key.size() < longest)
    key += "/" + std::string(std::min<std::size_t>(200, longest - key.size() - 1), 'b');
  ASSERT_EQ(key.size(), longest);
  write(key, "deep");
  EXPECT_EQ(read_object(store(), key), "deep");
}

TEST_P(ObjectStoreContract, refuses_bad_keys_before_anything_happens) {
  write("good", "bytes");
  const std::vector<std::string> bad = {"",         "/a",          "a/",        "a//b",
                                        "..",       "a/../b",      ".",         "a/./b",
                                        "../x",     "good/../x",   {"a\0b", 3}, std::string(1025, 'k'),
                                        "\xff\xfe", "\xed\xa0\x80"};
  for (const std::string& key : bad) {
    EXPECT_UNIO_ERROR(store().find(key), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store().read(key, ByteRange{}, [](Bytes) {}), invalid_argument) << key;
    EXPECT_UNIO_ERROR(write(key, "x"), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store().copy("good", key, Condition::none()), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store().copy(key, "other", Condition::none()), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store().remove(key, Condition::none()), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store().batch()->put(key, {}), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store().staging()->stage({.key = key})->publish(key, Condition::none()),
                      invalid_argument)
        << key;
  }
  EXPECT_EQ(all_keys(), std::vector<std::string>{"good"});
}

TEST_P(ObjectStoreContract, names_key_and_store_when_an_object_is_absent) {
  try {
    read_object(store(), "no/such");
    FAIL() << "an absent object was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.message(), HasSubstr("'no/such'"));
    EXPECT_THAT(error.message(), HasSubstr("'" + store().url() + "'"));
  }
}

TEST_P(ObjectStoreContract, names_key_and_store_in_a_conflict) {
  write("some/key", "x");
  try {
    store().write("some/key", as_bytes("y"), Condition::absent());
    FAIL() << "an object was made where one is";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_THAT(error.message(), HasSubstr("'some/key'"));
    EXPECT_THAT(error.message(), HasSubstr("'" + store().url() + "'"));
  }
}

TEST_P(ObjectStoreContract, has_a_url_without_a_slash_at_its_end) {
  EXPECT_FALSE(store().url().ends_with('/'));
}

TEST_P(ObjectStoreContract, reads_ranges_and_cuts_them_at_the_end) {
  write("k", "0123456789");
  const auto range = [&](std::uint64_t offset, std::uint64_t length) {
    return read_range("k", {offset, length});
  };
  EXPECT_EQ(range(0, 10), "0123456789");
  EXPECT_EQ(range(0, 1), "0");
  EXPECT_EQ(range(9, 1), "9");
  EXPECT_EQ(range(3, 4), "3456");
  EXPECT_EQ(range(8, 100), "89");
  EXPECT_EQ(range(10, 1), "");
  EXPECT_EQ(range(11, UINT64_MAX), "");
  EXPECT_EQ(range(UINT64_MAX, UINT64_MAX), "");
  EXPECT_EQ(range(5, UINT64_MAX), "56789");
  EXPECT_EQ(range(5, 0), "");
}

TEST_P(ObjectStoreContract, tells_the_size_of_the_whole_object_when_a_range_is_read) {
  write("k", "0123456789");
  EXPECT_EQ(store().read("k", {2, 3}, [](Bytes) {}).size, 10U);
}

TEST_P(ObjectStoreContract, streams_in_order_in_pieces_of_at_most_a_mebibyte) {
  std::string content;
  while (content.size() < 3'500'000) content += std::to_string(content.size()) + ",";
  write("k", content);
  std::string read;
  store().read("k", ByteRange{}, [&](Bytes bytes) {
    EXPECT_LE(bytes.size(), std::size_t{1} << 20);
    EXPECT_FALSE(bytes.empty());
    read += as_text(bytes);
  });
  EXPECT_TRUE(read == content);
  EXPECT_TRUE(read_range("k", {1'048'570, 1'100'000}) == content.substr(1'048'570, 1'100'000));
}

TEST_P(ObjectStoreContract, stops_a_read_when_the_sink_throws_and_passes_its_error_on) {
  write("k", std::string(3'000'000, 'x'));
  int pieces = 0;
  const auto sink = [&](Bytes) {
    ++pieces;
    throw Error(ErrorCode::no_space, "the sink is full");
  };
  EXPECT_UNIO_ERROR(store().read("k", ByteRange{}, sink), no_space);
  EXPECT_EQ(pieces, 1);
}

TEST_P(ObjectStoreContract, lets_a_sink_use_the_store) {
  write("from", "content");
  store().read("from", ByteRange{}, [&](Bytes bytes) { store().write("to", bytes, Condition::none()); });
  EXPECT_EQ(read_object(store(), "to"), "content");
}

TEST_P(ObjectStoreContract, refuses_to_read_more_than_the_limit_into_memory) {
  write("k", "0123456789");
  EXPECT_EQ(read_object(store(), "k", 10).size(), 10U);
  EXPECT_UNIO_ERROR(read_object(store(), "k", 9), invalid_argument);
  EXPECT_UNIO_ERROR(find_object(store(), "k", 9), invalid_argument);
}

TEST_P(ObjectStoreContract, finds_an_object_with_the_info_that_belongs_to_it) {
  const ObjectInfo written = write("k", "abc");
  const auto found = find_object(store(), "k");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->content, "abc");
  EXPECT_EQ(found->info.etag, written.etag);
}

}  // namespace
}  // namespace unio::test
