#include "workspace/glob.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/json.hpp"

namespace unio::test {
namespace {

TEST(PythonGlob, lets_a_star_cross_slashes) {
  EXPECT_TRUE(Glob::python("*/x").matches("a/b/x"));
  EXPECT_FALSE(Glob::python("*/x").matches("a/b/xy"));
}

TEST(PythonGlob, takes_a_code_point_for_one_character) {
  EXPECT_TRUE(Glob::python("?").matches("é"));
  EXPECT_TRUE(Glob::python("[è-ê]").matches("é"));
  EXPECT_FALSE(Glob::python("??").matches("é"));
}

TEST(PythonGlob, takes_a_byte_that_is_not_utf8_for_one_character) {
  EXPECT_TRUE(
      Glob::python("a?b").matches("a\xff"
                                  "b"));
  EXPECT_FALSE(
      Glob::python("a?b").matches("a\xff\xff"
                                  "b"));
}

/// tests/data/make_ignore_goldens.py wrote what Python's fnmatch says.
TEST(PythonGlob, agrees_with_python) {
  std::ifstream goldens(UNIO_TEST_DATA "/fnmatch.jsonl");
  std::size_t cases = 0;
  for (std::string line; std::getline(goldens, line); ++cases) {
    const Json golden = Json::parse(line);
    const Glob glob = Glob::python(golden.get_string("pattern"));
    for (const Json& text : *golden.find("yes")->if_array()) {
      EXPECT_TRUE(glob.matches(*text.if_string())) << line << " on " << *text.if_string();
    }
    for (const Json& text : *golden.find("no")->if_array()) {
      EXPECT_FALSE(glob.matches(*text.if_string())) << line << " on " << *text.if_string();
    }
  }
  EXPECT_GT(cases, 1000U);
}

TEST(GitGlob, stops_a_star_at_slashes) {
  EXPECT_TRUE(Glob::git("a/*").matches("a/b"));
  EXPECT_FALSE(Glob::git("a/*").matches("a/b/c"));
  EXPECT_FALSE(Glob::git("a?b").matches("a/b"));
}

TEST(GitGlob, lets_two_stars_stand_for_any_number_of_folders) {
  for (const auto* path : {"a/b", "a/x/b", "a/x/y/b"}) EXPECT_TRUE(Glob::git("a/**/b").matches(path)) << path;
  EXPECT_FALSE(Glob::git("a/**/b").matches("a/xb"));
  EXPECT_TRUE(Glob::git("a/**").matches("a/x/y"));
  EXPECT_FALSE(Glob::git("a/**").matches("a"));
}

TEST(GitGlob, matches_nothing_when_the_pattern_is_broken) {
  for (const auto* pattern : {"a[b", "a\\", "[[:nonsense:]]"}) {
    EXPECT_FALSE(Glob::git(pattern).matches("a")) << pattern;
    EXPECT_FALSE(Glob::git(pattern).matches(pattern)) << pattern;
  }
}

TEST(Glob, needs_no_exponential_time) {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "a*";
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "**/a*/";
  EXPECT_FALSE(Glob::python(stars + "[b]").matches(std::string(4000, 'a')));
  EXPECT_FALSE(Glob::git(stars + "[b]").matches(std::string(4000, 'a')));
  std::string path;
  for (int i = 0; i < 1000; ++i) path += "a/";
  EXPECT_FALSE(Glob::git(deep + "[b]").matches(path + "c"));
}

}  // namespace
}  // namespace unio::test
