#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/error.hpp"
#include "model/query.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using testing::HasSubstr;

Query parse(const std::string& text) {
  return parse_query(Json::parse(text));
}

/// Message and hint of the error that a query is refused with.
std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << text;
    return error.message() + "; " + error.hint();
  }
  return "taken: " + text;
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

TEST(QueryJson, names_the_nearest_operator_for_one_that_is_none) {
  EXPECT_THAT(refusal(R"({"a":{"$gtt":1}})"), HasSubstr("unknown operator '$gtt'; did you mean '$gt'?"));
  EXPECT_THAT(refusal(R"({"a":{"$regexp":"x"}})"), HasSubstr("did you mean '$regex'?"));
  EXPECT_THAT(refusal(R"({"$ro":[{}]})"), HasSubstr("did you mean '$or'?"));
  EXPECT_THAT(refusal(R"({"a":{"$geoIntersects":1}})"), HasSubstr("unknown operator"));
}

TEST(QueryJson, never_runs_code) {
  EXPECT_THAT(refusal(R"({"$where":"sleep"})"), HasSubstr("a query runs no code"));
  EXPECT_THAT(refusal(R"({"a":{"$where":"1"}})"), HasSubstr("a query runs no code"));
  EXPECT_THAT(refusal(R"({"$expr":{"$function":{}}})"), HasSubstr("a query runs no code"));
}

TEST(QueryJson, says_where_an_operator_belongs) {
  EXPECT_THAT(refusal(R"({"$gt":1})"), HasSubstr("'$gt' stands without a field"));
  EXPECT_THAT(refusal(R"({"$not":{"a":1}})"), HasSubstr("'$not' stands without a field"));
  EXPECT_THAT(refusal(R"({"a":{"$or":[{"$gt":1}]}})"), HasSubstr("'$or' cannot stand here"));
  EXPECT_THAT(refusal(R"({"a":{"$gt":1,"b":2}})"), HasSubstr("'b' stands beside operators"));
  EXPECT_THAT(refusal(R"({"a":{"b":{"$gt":1}}})"), HasSubstr("'$gt' stands in a value"));
  EXPECT_THAT(refusal(R"({"a":{"$options":"i"}})"), HasSubstr("'$options' stands without '$regex'"));
  EXPECT_THAT(refusal(R"({"a":{"$elemMatch":{"$text":"x"}}})"), HasSubstr("'$text' cannot stand here"));
  EXPECT_THAT(refusal(R"({"a":{"$elemMatch":{"b":1,"$gt":1}}})"), HasSubstr("'$gt' stands without a field"));
}

TEST(QueryJson, refuses_operands_of_another_type) {
  for (const char* query : {R"([])",
                            R"({"$and":{}})",
                            R"({"$and":[]})",
                            R"({"$or":[1]})",
                            R"({"$nor":[]})",
                            R"({"a":{"$in":1}})",
                            R"({"a":{"$all":1}})",
                            R"({"a":{"$size":-1}})",
                            R"({"a":{"$size":1.5}})",
                            R"({"a":{"$exists":"yes"}})",
                            R"({"a":{"$regex":1}})",
                            R"({"a":{"$regex":"a","$options":1}})",
                            R"({"a":{"$glob":null}})",
                            R"({"a":{"$elemMatch":1}})",
                            R"({"a":{"$not":1}})",
                            R"({"a":{"$not":{}}})",
                            R"({"a":{"$gt":[1]}})",
                            R"({"a":{"$lt":{"x":1}}})",
                            R"({"$text":1})",
                            R"({"$text":""})",
                            R"({"a":{"$date":"yesterday"}})",
                            R"({"a":{"$date":99999999999999999}})"}) {
    EXPECT_UNIO_ERROR(parse(query), invalid_argument) << query;
  }
}

TEST(QueryJson, refuses_paths_that_lead_nowhere) {
  for (const char* path : {"", ".", "a.", ".a", "a..b", "a.$b", "a\\u0000b", "a.\\ud800"}) {
    EXPECT_UNIO_ERROR(parse("{\"" + std::string(path) + "\":1}"), invalid_argument) << path;
  }
  EXPECT_UNIO_ERROR(parse("{\"" + std::string(4096, 'a') + "\":1}"), invalid_argument);
  EXPECT_UNIO_ERROR(parse("{\"a" + repeated(".a", 32) + "\":1}"), invalid_argument);
  EXPECT_NO_THROW(parse("{\"a" + repeated(".0", 8) + "\":1}"));
  EXPECT_UNIO_ERROR(parse("{\"a" + repeated(".0", 9) + "\":1}"), invalid_argument);
}

TEST(QueryJson, takes_odd_names_for_names) {
  for (const char* path :
       {"'; DROP TABLE documents; --", "\\\"", "a b", "é\xF0\x9F\x98\x80", "__proto__", "%", "_", "a$b"}) {
    const Query query = parse("{\"" + std::string(path) + "\":1}");
    EXPECT_EQ(parse_query(to_json(query)), query) << path;
  }
}

TEST(QueryJson, refuses_text_that_no_document_has) {
  EXPECT_UNIO_ERROR(parse(R"({"a":"x\u0000y"})"), invalid_argument);
  EXPECT_UNIO_ERROR(parse(R"({"a":"\ud800"})"), invalid_argument);
  EXPECT_UNIO_ERROR(parse(R"({"a":{"$in":["x\u0000y"]}})"), invalid_argument);
  EXPECT_UNIO_ERROR(parse(R"({"a":{"k\u0000":1}})"), invalid_argument);
  EXPECT_UNIO_ERROR(parse(R"({"a":{"$regex":"x\u0000y"}})"), invalid_argument);
  EXPECT_UNIO_ERROR(parse("{\"a\":\"\xFF\"}"), invalid_argument);
}

TEST(QueryJson, limits_depth_conditions_and_values) {
  const auto nested = [](int depth) {
    return repeated(R"({"$nor":[)", depth) + R"({"a":1})" + repeated("]}", depth);
  };
  const auto many = [](int count) {
    return R"({"$or":[{"a":1})" + repeated(R"(,{"a":1})", count - 1) + "]}";
  };
  const auto in = [](int count) { return R"({"a":{"$in":[1)" + repeated(",1", count - 1) + "]}}"; };
  EXPECT_NO_THROW(parse(nested(31)));
  EXPECT_THAT(refusal(nested(32)), HasSubstr("deeper than 32 levels"));
  EXPECT_UNIO_ERROR(parse(nested(10'000)), invalid_argument);
  EXPECT_NO_THROW(parse(many(499)));
  EXPECT_THAT(refusal(many(500)), HasSubstr("more than 500 conditions"));
  EXPECT_NO_THROW(parse(in(10'000)));
  EXPECT_THAT(refusal(in(10'001)), HasSubstr("more than 10000 values"));
  EXPECT_UNIO_ERROR(parse(R"({"a":)" + repeated("[", 40) + repeated("]", 40) + "}"), invalid_argument);
  EXPECT_UNIO_ERROR(parse(R"({"a":)" + repeated(R"({"$not":)", 40) + R"({"$gt":1})" + repeated("}", 41)),
                    invalid_argument);
}

TEST(QueryJson, refuses_very_many_patterns_before_it_compiles_them) {
  const std::string pattern = R"({"a":{"$regex":"[a-y]{40}"}})";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_UNIO_ERROR(parse(R"({"$or":[)" + repeated(pattern + ",", 20'000) + pattern + "]}"),
                    invalid_argument);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(QueryJson, messages_are_one_short_line_whatever_the_query_says) {
  for (const std::string& name : {std::string("$a\\nb\\u001b[31m"), "$" + std::string(5000, 'x')}) {
    const std::string text = refusal("{\"" + name + "\":1}");
    EXPECT_LT(text.size(), 300U);
    EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos);
  }
}

TEST(QueryJson, prints_a_query_with_the_few_operators_that_all_others_are_made_of) {
  const auto printed = [](const std::string& text) { return to_json(parse(text)).dump(); };
  EXPECT_EQ(printed("{}"), "{}");
  EXPECT_EQ(printed(R"({"a":1})"), R"({"a":{"$eq":1}})");
  EXPECT_EQ(printed(R"({"a":{"$ne":1}})"), R"({"$nor":[{"a":{"$eq":1}}]})");
  EXPECT_EQ(printed(R"({"a":{"$gt":1,"$lte":2.0}})"), R"({"$and":[{"a":{"$gt":1}},{"a":{"$lte":2.0}}]})");
  EXPECT_EQ(printed(R"({"a":{"$regex":"x","$options":"si"}})"), R"({"a":{"$regex":"x","$options":"is"}})");
  EXPECT_EQ(printed(R"({"a":{"$elemMatch":{"$gt":1,"$lt":3}}})"),
            R"({"a":{"$elemMatch":{"$and":[{"$gt":1},{"$lt":3}]}}})");
  EXPECT_EQ(printed(R"({"t":{"$date":"2026-01-01T01:00:00+01:00"}})"),
            R"({"t":{"$eq":{"$date":"2026-01-01T00:00:00Z"}}})");
  EXPECT_EQ(printed(R"({"a\\.b":1})"), R"({"a\\.b":{"$eq":1}})");
}

}  // namespace
}  // namespace unio::test
