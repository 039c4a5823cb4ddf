// Json against Python's json module, by the files that tests/data/make_json_goldens.py wrote.

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

std::vector<std::string> lines(const std::string& name) {
  std::ifstream file(UNIO_TEST_DATA "/" + name, std::ios::binary);
  std::vector<std::string> result;
  for (std::string line; std::getline(file, line);) result.push_back(line);
  return result;
}

TEST(JsonGolden, writes_what_python_writes) {
  const std::vector<std::string> goldens = lines("json_values.jsonl");
  ASSERT_GT(goldens.size(), 5000U);
  ASSERT_EQ(goldens.size() % 4, 0U);
  for (std::size_t i = 0; i < goldens.size(); i += 4) {
    SCOPED_TRACE("line " + std::to_string(i + 1));
    Json value;
    ASSERT_NO_THROW(value = Json::parse(goldens[i])) << goldens[i];
    EXPECT_EQ(value.dump(JsonStyle::python), goldens[i + 1]);
    EXPECT_EQ(value.dump(JsonStyle::compact), goldens[i + 2]);
    EXPECT_EQ(value.dump(JsonStyle::canonical), goldens[i + 3]);
  }
}

TEST(JsonGolden, reads_back_what_it_wrote_in_every_style) {
  const std::vector<std::string> goldens = lines("json_values.jsonl");
  for (std::size_t i = 0; i < goldens.size(); i += 4) {
    SCOPED_TRACE("line " + std::to_string(i + 1));
    const Json value = Json::parse(goldens[i]);
    for (const JsonStyle style :
         {JsonStyle::compact, JsonStyle::python, JsonStyle::canonical, JsonStyle::pretty}) {
      EXPECT_EQ(Json::parse(value.dump(style)).dump(JsonStyle::canonical), goldens[i + 3]);
    }
  }
}

TEST(JsonGolden, refuses_what_python_refuses) {
  const std::vector<std::string> goldens = lines("json_refused.jsonl");
  ASSERT_GT(goldens.size(), 100U);
  for (std::size_t i = 0; i < goldens.size(); ++i) {
    SCOPED_TRACE("line " + std::to_string(i + 1) + ": " + goldens[i].substr(0, 80));
    EXPECT_UNIO_ERROR(Json::parse(goldens[i]), invalid_argument);
  }
}

}  // namespace
}  // namespace unio::test
