#include "model/value_path.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "base/files.hpp"
#include "base/json.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

const Time start = parse_time("2030-01-02T03:04:05.5Z");

TEST(Slug, is_that_of_python_slugify) {
  std::istringstream lines(read_file(std::string(UNIO_TEST_DATA) + "/repositories/slugs.jsonl"));
  std::string line;
  while (std::getline(lines, line)) {
    const Json json = Json::parse(line);
    EXPECT_EQ(slug(json.get_string("text")), json.get_string("slug")) << json.get_string("text");
  }
}

TEST(Slug, separates_at_letters_that_it_does_not_know) {
  EXPECT_EQ(slug("a日本b"), "a-b");
  EXPECT_EQ(slug("e\u0301te"), "ete");
  EXPECT_EQ(slug("\xff"), "");
}

TEST(ValueFileName, is_lazyscribes_and_fits_a_file_system) {
  EXPECT_EQ(value_file_name("My weights", start, "json"), "my-weights-20300102030405.json");
  EXPECT_EQ(value_file_name("日本", start, ""), "-20300102030405");
  EXPECT_EQ(value_file_name(std::string(255, 'a'), start, "json"),
            std::string(200, 'a') + "-20300102030405.json");
}

TEST(ValueFileName, gets_its_number_before_the_suffix) {
  EXPECT_EQ(numbered_file_name("w.json", 2), "w-2.json");
  EXPECT_EQ(numbered_file_name("a.b/w", 10), "a.b/w-10");
  EXPECT_EQ(numbered_file_name("a/.hidden", 1), "a/.hidden-1");
}

TEST(ValueName, may_have_folders_but_never_leads_elsewhere) {
  for (const char* name : {"weights", "team/weights", "Größe 😀", "a b", "..a", "a..", "-"})
    EXPECT_NO_THROW(check_value_name(name, "repository.json")) << name;
  for (const std::string& name :
       {std::string(), std::string(".."), std::string("../escape"), std::string("a/../b"), std::string("/a"),
        std::string("a/"), std::string("a//b"), std::string("."), std::string("a\0b", 3),
        std::string(300, 'a'), std::string("a\nb"), std::string("\xff"), std::string(".unio"),
        std::string(".unio/locks"), std::string("repository.json"), std::string("mine.json/x")})
    EXPECT_UNIO_ERROR(check_value_name(name, "mine.json"), invalid_argument) << name;
}

TEST(ValueKey, refuses_paths_that_lead_out_of_the_folder) {
  EXPECT_EQ(value_key("a", "deep/w.json"), "a/deep/w.json");
  for (const char* file : {"../../etc/passwd", "/etc/passwd", "", "a/../../b", "a\x01"})
    EXPECT_UNIO_ERROR(value_key("a", file), invalid_argument) << file;
  EXPECT_UNIO_ERROR(value_key("..", "w.json"), invalid_argument);
}

}  // namespace
}  // namespace unio::test
