#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/query_match.hpp"
#include "support/random_query.hpp"

namespace unio::test {
namespace {

/// Calls `check(query, document)` with many of both.
template <class Check>
void for_each_pair(const Check& check) {
  constexpr int queries = 300;
  constexpr int documents = 5;
  RandomQueries random(6);
  for (int i = 0; i < queries && !testing::Test::HasFailure(); ++i) {
    const Json query = random.query();
    for (int j = 0; j < documents && !testing::Test::HasFailure(); ++j) {
      const Json document = random.document();
      SCOPED_TRACE(query.dump() + " on " + document.dump());
      check(query, document);
    }
  }
}

bool finds(const Json& query, const Json& document) {
  return matches(parse_query(query), document);
}

Json combined(const char* name, Json::Array queries) {
  return Json::object({{name, std::move(queries)}});
}

TEST(QueryProperties, random_queries_find_some_documents_and_not_others) {
  int found = 0;
  int all = 0;
  for_each_pair([&](const Json& query, const Json& document) {
    ++all;
    if (finds(query, document)) ++found;
  });
  EXPECT_GT(found, all / 10);
  EXPECT_LT(found, all * 9 / 10);
}

TEST(QueryProperties, what_is_printed_is_read_as_the_same_query) {
  for_each_pair([](const Json& query, const Json&) {
    const Query parsed = parse_query(query);
    EXPECT_EQ(parse_query(Json::parse(to_json(parsed).dump())), parsed) << to_json(parsed).dump();
  });
}

TEST(QueryProperties, nor_is_not_or) {
  for_each_pair([](const Json& query, const Json& document) {
    const Json other = Json::object({{"a", 1}});
    EXPECT_NE(finds(combined("$nor", {query, other}), document),
              finds(combined("$or", {query, other}), document));
  });
}

TEST(QueryProperties, de_morgan_holds) {
  RandomQueries more(7);
  for_each_pair([&](const Json& left, const Json& document) {
    const Json right = more.query();
    const auto negated = [](const Json& query) { return combined("$nor", {query}); };
    EXPECT_EQ(finds(combined("$nor", {left, right}), document),
              finds(combined("$and", {negated(left), negated(right)}), document));
    EXPECT_EQ(finds(negated(combined("$and", {left, right})), document),
              finds(combined("$or", {negated(left), negated(right)}), document));
  });
}

TEST(QueryProperties, each_negated_operator_is_the_negation) {
  RandomQueries more(8);
  const auto at = [](const std::string& path, const char* name, const Json& operand) {
    return Json::object({{path, Json::object({{name, operand}})}});
  };
  for_each_pair([&](const Json&, const Json& document) {
    const std::string path = more.below(2) == 0 ? "a" : "a.b";
    const Json value = more.scalar();
    const Json values = Json::Array{value, more.scalar()};
    EXPECT_NE(finds(at(path, "$ne", value), document), finds(at(path, "$eq", value), document));
    EXPECT_NE(finds(at(path, "$nin", values), document), finds(at(path, "$in", values), document));
    EXPECT_NE(finds(at(path, "$exists", false), document), finds(at(path, "$exists", true), document));
    EXPECT_NE(finds(at(path, "$not", Json::object({{"$gt", value}})), document),
              finds(at(path, "$gt", value), document));
  });
}

TEST(QueryProperties, in_is_or_of_equals_and_all_is_and_of_equals) {
  RandomQueries more(9);
  for_each_pair([&](const Json&, const Json& document) {
    const Json one = more.scalar();
    const Json two = more.scalar();
    const Json both = Json::Array{one, two};
    const auto a_is = [](const Json& value) { return Json::object({{"a", value}}); };
    const auto a_has = [](const char* name, const Json& value) {
      return Json::object({{"a", Json::object({{name, value}})}});
    };
    EXPECT_EQ(finds(a_has("$in", both), document), finds(combined("$or", {a_is(one), a_is(two)}), document));
    EXPECT_EQ(finds(a_has("$all", both), document),
              finds(combined("$and", {a_is(one), a_is(two)}), document));
  });
}

TEST(QueryProperties, less_or_equal_is_less_or_equal_to_the_value) {
  RandomQueries more(10);
  for_each_pair([&](const Json&, const Json& document) {
    const Json value = more.scalar();
    const auto a = [&](const char* name) { return Json::object({{"a", Json::object({{name, value}})}}); };
    EXPECT_EQ(finds(a("$lte"), document), finds(combined("$or", {a("$lt"), a("$eq")}), document));
    EXPECT_EQ(finds(a("$gte"), document), finds(combined("$or", {a("$gt"), a("$eq")}), document));
  });
}

TEST(QueryProperties, whatever_is_typed_is_a_query_or_refused) {
  const std::vector<std::string> pieces = {
      "by:",  "created:", "size:", "meta.x:",  "a",   "-1d", "2026", ">",  "<=", "..",
      ",",    "\"",       "/",     "\\",       "(",   ")",   " ",    "-",  "*",  "[",
      " OR ", " NOT ",    ":",     "\xC3\xA9", "$gt", "{",   "}",    "10", ".",  "file:"};
  const Time now = parse_time("2026-11-27T10:30:00Z");
  RandomQueries random(12);
  int queries = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t length = random.below(12); length > 0; --length)
      text += pieces[random.below(pieces.size())];
    SCOPED_TRACE(text);
    try {
      const Query query = parse_query(text, now);
      ASSERT_EQ(parse_query(to_json(query)), query);
      matches(query, random.document());
      ++queries;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::invalid_argument);
      ASSERT_EQ(error.message().find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(queries, 2000);
}

TEST(QueryProperties, values_are_the_same_when_their_keys_are_equal) {
  RandomQueries random(11);
  std::vector<QueryValue> values;
  for (int i = 0; i < 100; ++i) values.push_back(QueryValue::of_document(random.document()));
  for (int i = 0; i < 100; ++i) values.push_back(QueryValue::of_document(random.scalar()));
  for (const QueryValue& left : values) {
    for (const QueryValue& right : values) {
      ASSERT_EQ(same_value(left, right), equality_key(left) == equality_key(right))
          << left.to_json().dump() << " and " << right.to_json().dump();
      ASSERT_EQ(compare_values(left, right), 0 <=> compare_values(right, left));
    }
  }
}

}  // namespace
}  // namespace unio::test
