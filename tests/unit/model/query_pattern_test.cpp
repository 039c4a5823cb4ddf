#include "model/query_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/query.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::string refusal(const std::string& pattern, const std::string& options = "") {
  try {
    QueryPattern::regex(pattern, options);
  } catch (const Error& error) {
    return error.message();
  }
  return "taken";
}

TEST(QueryPattern, a_regex_is_looked_for_anywhere_unless_it_is_anchored) {
  EXPECT_TRUE(QueryPattern::regex("b").matches("abc"));
  EXPECT_FALSE(QueryPattern::regex("^b").matches("abc"));
  EXPECT_TRUE(QueryPattern::regex("").matches(""));
  EXPECT_FALSE(QueryPattern::regex("c$").matches("abc\n"));
  EXPECT_TRUE(QueryPattern::regex("^\\p{Greek}+$").matches("αβγ"));
  EXPECT_TRUE(QueryPattern::regex("^É$", "i").matches("é"));
}

TEST(QueryPattern, refuses_what_re2_lacks_and_says_why) {
  EXPECT_THAT(refusal("a(?=b)"), HasSubstr("look-around"));
  EXPECT_THAT(refusal("(?<!a)b"), HasSubstr("look-around"));
  EXPECT_THAT(refusal("(a)\\1"), HasSubstr("back reference"));
  EXPECT_THAT(refusal("a", "x"), HasSubstr("'$options' has 'x'"));
  EXPECT_THAT(refusal("a", "q"), HasSubstr("'$options' has 'q'"));
  EXPECT_THAT(refusal("("), HasSubstr("is not understood"));
  EXPECT_THAT(refusal("(((a{100}){100}){100})"), HasSubstr("is not understood"));
  EXPECT_THAT(refusal("((\\pL{100}){10})"), HasSubstr("too much memory"));
  EXPECT_THAT(refusal(std::string(513, 'a')), HasSubstr("longer than 512 bytes"));
  EXPECT_THAT(refusal("a\xFF"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal(std::string("a\0b", 3)), HasSubstr("NUL"));
  EXPECT_UNIO_ERROR(QueryPattern::regex("(?<!a)b"), invalid_argument);
}

TEST(QueryPattern, evil_patterns_take_time_in_proportion_to_the_text) {
  const std::string text = std::string(100'000, 'a') + "!";
  const auto start = std::chrono::steady_clock::now();
  for (const char* pattern : {"(a+)+$", "([a-zA-Z]+)*$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}$",
                              "^(([a-z])+.)+[A-Z]([a-z])+$", "a?a?a?a?a?a?a?aaaaaaa$", "(?:(?:a*)*)*$",
                              "(x+x+)+y", "(.*)(.*)(.*)(.*)(.*)[^a]$", "(a?){50}a{50}$", "(?i)(A+)+$"}) {
    EXPECT_FALSE(QueryPattern::regex(pattern).matches(text) && text.ends_with("a")) << pattern;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(QueryPattern, a_glob_matches_the_whole_text) {
  const auto matches = [](const char* glob, const char* text) {
    return QueryPattern::glob(glob).matches(text);
  };
  EXPECT_TRUE(matches("*.txt", "a/b.txt"));
  EXPECT_FALSE(matches("*.txt", "b.txt2"));
  EXPECT_TRUE(matches("?", "é"));
  EXPECT_TRUE(matches("*", "a\nb"));
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[]x]", "]"));
  EXPECT_TRUE(matches("[!]]", "x"));
  EXPECT_TRUE(matches("[^]", "^"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_TRUE(matches("[", "["));
  EXPECT_TRUE(matches("a[b", "a[b"));
  EXPECT_TRUE(matches("(a+)\\d$", "(a+)\\d$"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("A", "a"));
  EXPECT_UNIO_ERROR(QueryPattern::glob("[z-a]"), invalid_argument);
}

TEST(QueryPattern, words_are_found_as_they_stand_in_either_case) {
  EXPECT_TRUE(QueryPattern::words("a.b*").matches("xA.B*x"));
  EXPECT_FALSE(QueryPattern::words("a.b").matches("axb"));
  EXPECT_TRUE(QueryPattern::words("ÉTÉ").matches("un été"));
}

TEST(QueryPattern, knows_texts_that_every_match_contains) {
  const auto required = [](const char* regex) { return QueryPattern::regex(regex).required_texts(); };
  EXPECT_THAT(required("train.*\\.TXT$"), UnorderedElementsAre("train", ".txt"));
  EXPECT_THAT(required("train|test"), IsEmpty());
  EXPECT_THAT(required("(train|test)file"), UnorderedElementsAre());
  EXPECT_THAT(required("ab"), IsEmpty());
  EXPECT_THAT(required(".*"), IsEmpty());
  EXPECT_THAT(required("dataset"), UnorderedElementsAre("dataset"));
  EXPECT_THAT(QueryPattern::regex("dataset", "i").required_texts(), UnorderedElementsAre("data"));
  EXPECT_THAT(QueryPattern::glob("*dataset*.txt").required_texts(), UnorderedElementsAre("dataset", ".txt"));
  EXPECT_THAT(QueryPattern::words("Café au lait").required_texts(), UnorderedElementsAre(" au lait"));
}

TEST(QueryPattern, a_text_in_other_letters_of_the_same_case_contains_what_is_required) {
  const QueryPattern pattern = QueryPattern::regex("KELVIN", "i");
  const std::string text = "\u212Aelvin";
  ASSERT_TRUE(pattern.matches(text));
  for (const std::string& required : pattern.required_texts()) EXPECT_THAT(text, HasSubstr(required));
}

TEST(QueryPattern, is_equal_when_written_the_same) {
  EXPECT_EQ(QueryPattern::regex("a", "mi"), QueryPattern::regex("a", "imi"));
  EXPECT_FALSE(QueryPattern::regex("a") == QueryPattern::glob("a"));
}

}  // namespace
}  // namespace unio::test
