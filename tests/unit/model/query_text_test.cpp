#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "model/query_match.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using testing::HasSubstr;

const Time now = parse_time("2026-11-27T10:30:00.5Z");

std::string json(const std::string& text) {
  return to_json(parse_query(text, now)).dump();
}

std::string refusal(const std::string& text) {
  try {
    parse_query(text, now);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << text;
    return error.message() + "; " + error.hint();
  }
  return "taken: " + text;
}

bool finds(const std::string& text, const std::string& document) {
  return matches(parse_query(text, now), Json::parse(document));
}

TEST(QueryText, the_seeds_search_finds_what_andy_saved) {
  const std::string query =
      "by:andy created:>-10d file:*.txt tag:*dataset* meta.stratification:new-cool-method kind:artifact";
  const std::string saved =
      R"({"kind":"artifact","username":"andy","creation_time":{"$date":"2026-11-25T00:00:00Z"},
          "file_relpaths":["train.txt","test.txt"],
          "labels":{"datatype":"","infos":{"type":"my-dataset","stratification":"new-cool-method"}}})";
  EXPECT_TRUE(finds(query, saved));
  EXPECT_FALSE(finds("-" + query, saved));
  EXPECT_FALSE(finds("by:andy created:<-10d", saved));
  EXPECT_FALSE(finds("by:andy file:*.csv", saved));
}

TEST(QueryText, is_mongodbs_language_when_it_begins_with_a_brace) {
  EXPECT_EQ(json(R"( {"username": "andy"})"), json("by:andy"));
  EXPECT_UNIO_ERROR(parse_query("{", now), invalid_argument);
}

TEST(QueryText, nothing_finds_everything) {
  EXPECT_EQ(json(""), "{}");
  EXPECT_EQ(json("  \t\n"), "{}");
}

TEST(QueryText, joins_words_by_and_before_or_and_not_before_and) {
  const std::string a = R"({"username":{"$eq":"a"}})";
  const std::string b = R"({"username":{"$eq":"b"}})";
  const std::string c = R"({"username":{"$eq":"c"}})";
  EXPECT_EQ(json("by:a by:b"), R"({"$and":[)" + a + "," + b + "]}");
  EXPECT_EQ(json("by:a AND by:b"), json("by:a by:b"));
  EXPECT_EQ(json("by:a by:b OR by:c"), R"({"$or":[{"$and":[)" + a + "," + b + "]}," + c + "]}");
  EXPECT_EQ(json("by:a (by:b OR by:c)"), R"({"$and":[)" + a + R"(,{"$or":[)" + b + "," + c + "]}]}");
  EXPECT_EQ(json("-by:a"), R"({"$nor":[)" + a + "]}");
  EXPECT_EQ(json("NOT by:a"), json("-by:a"));
  EXPECT_EQ(json("NOT -by:a"), json("by:a"));
  EXPECT_EQ(json("-(by:a by:b)"), R"({"$nor":[{"$and":[)" + a + "," + b + "]}]}");
  EXPECT_EQ(json("((by:a))"), a);
}

TEST(QueryText, looks_for_free_words_and_phrases) {
  EXPECT_EQ(json("wine"), R"({"$text":"wine"})");
  EXPECT_EQ(json(R"("free words")"), R"({"$text":"free words"})");
  EXPECT_EQ(json(R"("a \"b\" \\ c")"), R"({"$text":"a \"b\" \\ c"})");
  EXPECT_EQ(json(R"("OR")"), R"({"$text":"OR"})");
  EXPECT_THAT(refusal("*.txt"), HasSubstr("write file:*.txt"));
}

TEST(QueryText, values_may_be_lists_globs_patterns_and_quoted) {
  EXPECT_EQ(json("by:a,b"), R"({"$or":[{"username":{"$eq":"a"}},{"username":{"$eq":"b"}}]})");
  EXPECT_EQ(json(R"(by:"a,b",c)"), R"({"$or":[{"username":{"$eq":"a,b"}},{"username":{"$eq":"c"}}]})");
  EXPECT_EQ(json("file:*.txt"), R"({"file_relpaths":{"$glob":"*.txt"}})");
  EXPECT_EQ(json(R"(file:"*.txt")"), R"({"file_relpaths":{"$eq":"*.txt"}})");
  EXPECT_EQ(json("file:/\\.(txt|csv)$/i"), R"({"file_relpaths":{"$regex":"\\.(txt|csv)$","$options":"i"}})");
  EXPECT_EQ(json("file:/a\\/b c/"), R"({"file_relpaths":{"$regex":"a/b c"}})");
  EXPECT_EQ(json("file:*"), R"({"file_relpaths":{"$exists":true}})");
  EXPECT_EQ(json("file:a:b"), R"({"file_relpaths":{"$eq":"a:b"}})");
}

TEST(QueryText, times_are_periods_moments_and_ages) {
  const auto created = [](const std::string& test) { return R"({"creation_time":)" + test + "}"; };
  const auto at = [&](const std::string& op, const std::string& time) {
    return created("{\"" + op + R"(":{"$date":")" + time + "\"}}");
  };
  const auto both = [](const std::string& a, const std::string& b) {
    return R"({"$and":[)" + a + "," + b + "]}";
  };
  EXPECT_EQ(json("created:2026-03-01"),
            both(at("$gte", "2026-03-01T00:00:00Z"), at("$lt", "2026-03-02T00:00:00Z")));
  EXPECT_EQ(json("created:2026-12"),
            both(at("$gte", "2026-12-01T00:00:00Z"), at("$lt", "2027-01-01T00:00:00Z")));
  EXPECT_EQ(json("created:2024"),
            both(at("$gte", "2024-01-01T00:00:00Z"), at("$lt", "2025-01-01T00:00:00Z")));
  EXPECT_EQ(json("created:today"), json("created:2026-11-27"));
  EXPECT_EQ(json("created:yesterday"), json("created:2026-11-26"));
  EXPECT_EQ(json("created:>2026-03-01"), at("$gte", "2026-03-02T00:00:00Z"));
  EXPECT_EQ(json("created:<=2026-03-01"), at("$lt", "2026-03-02T00:00:00Z"));
  EXPECT_EQ(json("created:<2026-03-01"), at("$lt", "2026-03-01T00:00:00Z"));
  EXPECT_EQ(json("created:>-10d"), at("$gt", "2026-11-17T10:30:00.500000Z"));
  EXPECT_EQ(json("created:<-2w"), at("$lt", "2026-11-13T10:30:00.500000Z"));
  EXPECT_EQ(json("created:>=2026-03-01T12:30"), at("$gte", "2026-03-01T12:30:00Z"));
  EXPECT_EQ(json("created:2026-03-01T12:30:01.5+01:00"), at("$eq", "2026-03-01T11:30:01.500000Z"));
  EXPECT_EQ(json("created:2026-01-01..2026-01-31"),
            both(at("$gte", "2026-01-01T00:00:00Z"), at("$lt", "2026-02-01T00:00:00Z")));
  EXPECT_EQ(json("created:>-99999y"), at("$gt", "0000-01-01T00:00:00Z"));
  for (const char* text :
       {"created:-10d", "created:x", "created:2026-13", "created:2026-02-30", "created:20266",
        "created:>-99999999999999999999d", "created:/x/", "created:>", "created:2026-1-1"}) {
    EXPECT_UNIO_ERROR(parse_query(text, now), invalid_argument) << text;
  }
}

TEST(QueryText, sizes_have_units_and_files_can_be_counted) {
  EXPECT_EQ(json("size:>10MB"), R"({"$or":[{"files.size":{"$gt":10000000}},{"bytes":{"$gt":10000000}}]})");
  EXPECT_EQ(json("size:1.5KiB"), R"({"$or":[{"files.size":{"$eq":1536}},{"bytes":{"$eq":1536}}]})");
  EXPECT_UNIO_ERROR(parse_query("size:10XB", now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query("size:99999999PB", now), invalid_argument);
  const std::string two = R"({"file_relpaths":["a","b"]})";
  const std::string none = R"({"file_relpaths":[]})";
  for (const char* yes : {"files:2", "files:>1", "files:>=2", "files:<3", "files:<=2", "files:>=0"}) {
    EXPECT_TRUE(finds(yes, two)) << yes;
  }
  for (const char* no : {"files:3", "files:>2", "files:>=3", "files:<2", "files:<=1", "files:<0"}) {
    EXPECT_FALSE(finds(no, two)) << no;
  }
  EXPECT_TRUE(finds("files:<1", none));
  EXPECT_FALSE(finds("files:<1", "{}"));
}

TEST(QueryText, metadata_is_of_the_type_that_it_looks_like_and_text_as_well) {
  EXPECT_TRUE(finds("meta.acc:0.9", R"({"meta":{"acc":0.9}})"));
  EXPECT_TRUE(finds("meta.acc:0.9", R"({"labels":{"infos":{"acc":"0.9"}}})"));
  EXPECT_FALSE(finds("meta.acc:\"0.9\"", R"({"meta":{"acc":0.9}})"));
  EXPECT_TRUE(finds("meta.acc:>0.8", R"({"meta":{"acc":0.9}})"));
  EXPECT_TRUE(finds("meta.a.b:1..3", R"({"meta":{"a":{"b":2}}})"));
  EXPECT_TRUE(finds("meta.ok:true", R"({"meta":{"ok":true}})"));
  EXPECT_TRUE(finds("meta.day:>2026-01-01", R"({"meta":{"day":{"$date":"2026-01-02T00:00:00Z"}}})"));
  EXPECT_TRUE(finds("meta.day:>2026-01-01", R"({"meta":{"day":"2026-01-02"}})"));
  EXPECT_TRUE(finds("meta.x:*", R"({"meta":{"x":null}})"));
  EXPECT_TRUE(finds("meta.a\\.b:1", R"({"labels":{"infos":{"a.b":"1"}}})"));
  EXPECT_EQ(json("label.ticket:AB-123"), R"({"labels.ticket":{"$eq":"AB-123"}})");
}

TEST(QueryText, tags_are_looked_for_wherever_people_put_them) {
  for (const char* document :
       {R"({"tags":["v1","x"]})", R"({"labels":{"datatype":"v1"}})", R"({"labels":{"infos":{"type":"v1"}}})",
        R"({"labels":{"infos":{"tag":"v1"}}})", R"({"labels":{"infos":{"tags":"v1"}}})"}) {
    EXPECT_TRUE(finds("tag:v1", document)) << document;
  }
  EXPECT_FALSE(finds("tag:v1", R"({"tags":["v10"]})"));
}

TEST(QueryText, environment_and_git_have_fields) {
  const std::string document = R"({"python_packages":{"ruamel.yaml":"0.18","pandas":"2.1.3"},
      "git":{"commit":"abc123","branch":"main","dirty":true},"tags":["latest"],"based_on":["artifact_1"],
      "log_relpaths":["git_diff.patch"],"file_relpaths":["docs/README.md"],"name":"team/photos"})";
  for (const char* yes : {"py:pandas",
                          "py:pandas==2.1.*",
                          "py:ruamel.yaml==0.18",
                          "py.pandas:2.1.3",
                          "py.ruamel.yaml:0.*",
                          "commit:abc",
                          "branch:main",
                          "git:main",
                          "is:dirty",
                          "is:latest",
                          "has:lineage",
                          "has:diff",
                          "has:readme",
                          "has:git",
                          "has:log",
                          "based-on:artifact_1",
                          "ns:team",
                          "ext:md",
                          "ext:.md",
                          "git.dirty:true",
                          "name:team/*"}) {
    EXPECT_TRUE(finds(yes, document)) << yes;
  }
  for (const char* no :
       {"py:numpy", "py:pandas==1.*", "commit:bc", "ns:tea", "ext:m", "based-on:artifact_2"}) {
    EXPECT_FALSE(finds(no, document)) << no;
  }
}

TEST(QueryText, says_what_is_wrong_and_names_the_nearest_field) {
  EXPECT_THAT(refusal("create:2026"), HasSubstr("unknown field 'create'; did you mean 'created'?"));
  EXPECT_THAT(refusal("s3://bucket"), HasSubstr("unknown field 's3'"));
  EXPECT_THAT(refusal("kind:artefact"), HasSubstr("did you mean 'artifact'?"));
  EXPECT_THAT(refusal("has:readmee"), HasSubstr("did you mean 'readme'?"));
  EXPECT_THAT(refusal("upstream:artifact_1"), HasSubstr("unio lineage"));
  EXPECT_THAT(refusal("by:>a"), HasSubstr("cannot be compared"));
  EXPECT_THAT(refusal("by:a )"), HasSubstr("the ')' at character 6"));
  EXPECT_THAT(refusal("(by:a"), HasSubstr("the '(' at character 1 is not closed"));
  EXPECT_THAT(refusal("by:\"a"), HasSubstr("the quote at character 4 does not end"));
  EXPECT_THAT(refusal("by:a OR"), HasSubstr("a word is missing at character 8"));
  EXPECT_THAT(refusal("by:"), HasSubstr("a value is missing"));
  EXPECT_THAT(refusal("file:/a"), HasSubstr("does not end with '/'"));
  for (const char* text :
       {"-", "()", "OR", "by:a,", "by:\"a\"b", "meta.:1", "meta..a:1", ":x", ".:x", "AND by:a", "has:/x/"}) {
    EXPECT_UNIO_ERROR(parse_query(text, now), invalid_argument) << text;
  }
}

TEST(QueryText, refuses_what_is_too_much) {
  const auto repeated = [](const std::string& text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += text;
    return result;
  };
  EXPECT_UNIO_ERROR(parse_query(repeated("(", 100'000), now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query(repeated("a ", 400'000), now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query("tag:a" + repeated(",a*", 300'000), now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query(repeated("- ", 500'000), now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query(std::string(QueryLimits::bytes + 1, ' '), now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query("by:\xFF", now), invalid_argument);
  EXPECT_UNIO_ERROR(parse_query(std::string("by:a\0", 5), now), invalid_argument);
}

}  // namespace
}  // namespace unio::test
