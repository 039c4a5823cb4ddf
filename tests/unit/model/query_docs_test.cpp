#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "model/query_match.hpp"

namespace unio::test {
namespace {

std::string read_page() {
  std::ifstream file(UNIO_TEST_DATA "/../../docs/finding.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What stands between all pairs of the two marks.
std::vector<std::string> all_between(const std::string& text, const std::string& first,
                                     const std::string& last) {
  std::vector<std::string> found;
  std::size_t at = text.find(first);
  while (at != std::string::npos) {
    const std::size_t start = at + first.size();
    const std::size_t end = text.find(last, start);
    if (end == std::string::npos) break;
    found.push_back(text.substr(start, end - start));
    at = text.find(first, end + last.size());
  }
  return found;
}

/// The queries in the last column of the tables whose last column is "example".
std::vector<std::string> examples(const std::string& page) {
  std::vector<std::string> queries;
  std::istringstream lines(page);
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) in_table = false;
    if (line.ends_with("| example |")) in_table = true;
    const std::size_t cell = line.rfind("| ", line.size() - 2);
    if (!in_table || cell == std::string::npos) continue;
    for (std::string& query : all_between(line.substr(cell), "`", "`")) queries.push_back(std::move(query));
  }
  return queries;
}

TEST(QueryDocs, each_example_finds_one_of_the_documents_on_the_page) {
  const std::string page = read_page();
  std::vector<Json> documents;
  for (const std::string& block : all_between(page, "```json\n", "```"))
    documents.push_back(Json::parse(block));
  ASSERT_EQ(documents.size(), 3U);
  const std::vector<std::string> queries = examples(page);
  EXPECT_GT(queries.size(), 60U);
  const Time now = parse_time("2026-11-27T12:00:00Z");
  for (const std::string& text : queries) {
    const Query query = parse_query(text, now);
    EXPECT_TRUE(std::any_of(documents.begin(), documents.end(), [&](const Json& each) {
      return matches(query, each);
    })) << text;
    EXPECT_EQ(parse_query(to_json(query)), query) << text;
  }
}

TEST(QueryDocs, every_operator_has_an_example) {
  const std::string page = read_page();
  std::string queries;
  for (const std::string& query : examples(page)) queries += query + "\n";
  for (const char* name :
       {"$eq", "$ne", "$gte", "$gt", "$lt", "$in", "$nin", "$regex", "$options", "$glob", "$exists", "$size",
        "$all", "$elemMatch", "$not", "$and", "$or", "$nor", "$text"}) {
    EXPECT_THAT(queries, testing::HasSubstr("\"" + std::string(name) + "\"")) << name;
  }
}

}  // namespace
}  // namespace unio::test
