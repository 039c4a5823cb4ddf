#include "catalog/sql/value_rows.hpp"

#include <gmock/gmock.h>

#include "support/expect_error.hpp"

namespace unio::sql {
namespace {

ValueRows some_rows() {
  ValueRows rows;
  rows.strings = {{1, -5, 30, 7}, {1, INT64_MIN, INT64_MAX, 8}};
  rows.numbers = {{2, 0.5, 30, 7}};
  rows.texts = {{-5, true, false, "train"}, {9, false, true, std::string("a\0b", 3)}, {11, true, true, ""}};
  return rows;
}

TEST(ValueRows, come_back_as_they_were_written) {
  const ValueRows rows = some_rows(), read = ValueRows::decode(rows.encode());
  ASSERT_EQ(read.strings.size(), 2);
  EXPECT_EQ(read.strings[1].value, INT64_MIN);
  EXPECT_EQ(read.strings[1].time, INT64_MAX);
  ASSERT_EQ(read.numbers.size(), 1);
  EXPECT_EQ(read.numbers[0].value, 0.5);
  ASSERT_EQ(read.texts.size(), 3);
  EXPECT_EQ(read.texts[1].text, std::string("a\0b", 3));
  EXPECT_FALSE(read.texts[1].is_kept);
  EXPECT_TRUE(read.texts[2].is_kept && read.texts[2].is_searched);
  EXPECT_EQ(read.encode(), rows.encode());
}

TEST(ValueRows, are_refused_when_a_byte_is_missing_or_one_is_too_many) {
  const std::string bytes = some_rows().encode();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_UNIO_ERROR(ValueRows::decode(bytes.substr(0, size)), corruption);
  EXPECT_UNIO_ERROR(ValueRows::decode(bytes + '\0'), corruption);
}

TEST(ValueRows, are_refused_when_they_claim_to_be_more_than_there_are) {
  std::string bytes = some_rows().encode();
  bytes[7] = '\x7f';
  EXPECT_UNIO_ERROR(ValueRows::decode(bytes), corruption);
}

TEST(ValueRows, are_sorted_by_path_and_value_with_the_newest_first_and_have_each_text_once) {
  ValueRows rows;
  rows.strings = {{2, 1, 5, 1}, {1, 3, 5, 1}, {1, 3, 6, 2}, {1, 2, 5, 1}};
  rows.texts = {{4, true, false, "x"}, {3, true, true, "y"}, {4, true, true, "x"}};
  rows.sort();
  std::vector<std::int64_t> times, hashes;
  for (const auto& row : rows.strings) times.push_back(row.path * 100 + row.value * 10 + row.time);
  for (const TextRow& row : rows.texts) hashes.push_back(row.hash);
  EXPECT_THAT(times, testing::ElementsAre(125, 136, 135, 215));
  EXPECT_THAT(hashes, testing::ElementsAre(3, 4));
  EXPECT_TRUE(rows.texts[1].is_searched);
}

}  // namespace
}  // namespace unio::sql
