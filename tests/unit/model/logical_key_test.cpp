#include "model/logical_key.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

std::vector<std::string> segments(const std::string& key) {
  std::vector<std::string> result{""};
  for (const char c : key) {
    if (c == '/') {
      result.emplace_back();
    } else {
      result.back() += c;
    }
  }
  return result;
}

TEST(LogicalKey, accepts_what_a_relative_path_may_be) {
  for (const char* key :
       {"a", "a/b", "..a", "a..", ".hidden", "...", "back\\slash", "a b+c%20/é/😀#?&=", "-", "~", "\x7f"}) {
    EXPECT_NO_THROW(check_logical_key(key)) << key;
    EXPECT_TRUE(is_logical_key(key)) << key;
  }
}

TEST(LogicalKey, refuses_what_could_leave_the_folder_or_name_nothing) {
  using std::string_literals::operator""s;
  for (const std::string& key :
       {""s, "/"s, "/a"s, "a/"s, "a//b"s, "."s, ".."s, "./a"s, "a/./b"s, "a/.."s, "../../evil"s, "a\0b"s}) {
    EXPECT_UNIO_ERROR(check_logical_key(key), invalid_argument) << key;
    EXPECT_FALSE(is_logical_key(key)) << key;
  }
}

TEST(LogicalKey, limits_a_segment_to_255_and_a_key_to_4096_bytes) {
  EXPECT_TRUE(is_logical_key(std::string(255, 'x')));
  EXPECT_FALSE(is_logical_key(std::string(256, 'x')));
  std::string key;
  while (key.size() < 4094) key += "x/";
  EXPECT_TRUE(is_logical_key(key + "xx"));
  EXPECT_FALSE(is_logical_key(key + "xxx"));
}

TEST(LogicalKey, is_shown_without_control_characters_and_cut_between_characters) {
  EXPECT_EQ(quoted_key("a\x1b[31m\n"), R"("a\u001b[31m\n")");
  std::string key = "x";
  while (key.size() < 3000) key += "é";
  const std::string shown = quoted_key(key);
  EXPECT_LT(shown.size(), 1300U);
  EXPECT_TRUE(shown.ends_with("\\u00e9\"…")) << shown;
}

TEST(TreeOrder, keeps_a_folder_together) {
  const std::vector<std::string> sorted = {"a", "a/", "a/b", "a/b/c", "a/z", "a-b", "a.txt", "a0", "b"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(compare_tree_order(sorted[i], sorted[j]), i <=> j) << sorted[i] << " " << sorted[j];
    }
  }
}

TEST(TreeOrder, sorts_by_code_point_not_by_utf16) {
  EXPECT_TRUE(compare_tree_order("\uffff", "\U0001F600") < 0);
  EXPECT_TRUE(compare_tree_order("z", "é") < 0);
}

RC_GTEST_PROP(TreeOrder, compares_lists_of_segments, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::element('a', 'b', '-', '.', '/', '0', '\xC3'));
  const std::string left = *text;
  const std::string right = *text;
  const auto expected = segments(left) <=> segments(right);
  RC_ASSERT((compare_tree_order(left, right) < 0) == (expected < 0));
  RC_ASSERT((compare_tree_order(left, right) == 0) == (expected == 0));
}

TEST(IsWithin, needs_a_whole_segment) {
  EXPECT_TRUE(is_within("a/b", "a"));
  EXPECT_TRUE(is_within("a/b", "a/"));
  EXPECT_TRUE(is_within("a", "a"));
  EXPECT_TRUE(is_within("a", ""));
  EXPECT_TRUE(is_within("a", "/"));
  EXPECT_FALSE(is_within("ab", "a"));
  EXPECT_FALSE(is_within("a", "a/b"));
}

TEST(JoinKey, puts_one_slash_between) {
  EXPECT_EQ(join_key("a/", "b"), "a/b");
  EXPECT_EQ(join_key("a", "b"), "a/b");
  EXPECT_EQ(join_key("", "b"), "b");
}

}  // namespace
}  // namespace unio::test
