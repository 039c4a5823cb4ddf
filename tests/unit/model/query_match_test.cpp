#include "model/query_match.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace unio::test {
namespace {

struct Case {
  std::string query;
  std::string document;
  bool found;
};

void check(const std::vector<Case>& cases) {
  for (const auto& [query, document, found] : cases) {
    EXPECT_EQ(matches(parse_query(Json::parse(query)), Json::parse(document)), found)
        << query << " on " << document;
  }
}

TEST(QueryMatch, an_empty_query_finds_everything) {
  check({{"{}", "{}", true}, {"{}", R"({"a":1})", true}});
}

TEST(QueryMatch, all_members_of_a_query_must_hold) {
  check({{R"({"a":1,"b":2})", R"({"a":1,"b":2,"c":3})", true}, {R"({"a":1,"b":2})", R"({"a":1})", false}});
}

TEST(QueryMatch, equality_keeps_types_apart_but_not_integers_from_doubles) {
  check({{R"({"a":1})", R"({"a":1})", true},
         {R"({"a":1})", R"({"a":1.0})", true},
         {R"({"a":1})", R"({"a":"1"})", false},
         {R"({"a":1})", R"({"a":true})", false},
         {R"({"a":0})", R"({"a":false})", false},
         {R"({"a":0})", R"({"a":-0.0})", true},
         {R"({"a":""})", R"({"a":null})", false},
         {R"({"a":"é"})", R"({"a":"é"})", true},
         {R"({"a":"A"})", R"({"a":"a"})", false}});
}

TEST(QueryMatch, numbers_beyond_the_precision_of_doubles_are_told_apart) {
  check({{R"({"a":9007199254740993})", R"({"a":9007199254740993})", true},
         {R"({"a":9007199254740993})", R"({"a":9007199254740992})", false},
         {R"({"a":9007199254740993})", R"({"a":9007199254740992.0})", false},
         {R"({"a":{"$gt":9007199254740992.0}})", R"({"a":9007199254740993})", true},
         {R"({"a":{"$lt":9223372036854775808.0}})", R"({"a":9223372036854775807})", true},
         {R"({"a":{"$gt":-9223372036854775809.0}})", R"({"a":-9223372036854775808})", false},
         {R"({"a":{"$gt":0.5}})", R"({"a":1})", true},
         {R"({"a":{"$gt":-0.5}})", R"({"a":0})", true}});
}

TEST(QueryMatch, an_integer_beyond_64_bits_is_the_nearest_double) {
  check({{R"({"a":18446744073709551616})", R"({"a":18446744073709551616})", true},
         {R"({"a":18446744073709551616})", R"({"a":18446744073709551617})", true},
         {R"({"a":{"$gt":9223372036854775807}})", R"({"a":18446744073709551616})", true}});
}

TEST(QueryMatch, not_a_number_equals_itself_and_is_on_no_side) {
  check({{R"({"a":NaN})", R"({"a":NaN})", true},
         {R"({"a":{"$gte":NaN}})", R"({"a":NaN})", true},
         {R"({"a":{"$gte":NaN}})", R"({"a":1})", false},
         {R"({"a":{"$lt":5}})", R"({"a":NaN})", false},
         {R"({"a":{"$gt":5}})", R"({"a":Infinity})", true}});
}

TEST(QueryMatch, null_is_also_a_missing_field) {
  check({{R"({"a":null})", R"({"a":null})", true},
         {R"({"a":null})", "{}", true},
         {R"({"a.b":null})", R"({"a":1})", true},
         {R"({"a.b":null})", R"({"a":{"b":1}})", false},
         {R"({"a":{"$in":[null,1]}})", "{}", true},
         {R"({"a":{"$ne":null}})", "{}", false},
         {R"({"a":{"$gte":null}})", "{}", true},
         {R"({"a":{"$gt":null}})", "{}", false},
         {R"({"a":{"$gte":null}})", R"({"a":1})", false},
         {R"({"a":null})", R"({"a":[]})", false},
         {R"({"a":null})", R"({"a":[1,null]})", true}});
}

TEST(QueryMatch, arrays_on_the_way_without_objects_lead_nowhere) {
  check({{R"({"a.b":null})", R"({"a":[]})", false},
         {R"({"a.b":null})", R"({"a":[1,2]})", false},
         {R"({"a.b":{"$ne":null}})", R"({"a":[1,2]})", true},
         {R"({"a.b":{"$exists":false}})", R"({"a":[1,2]})", true},
         {R"({"a.b":null})", R"({"a":[{"c":1}]})", true},
         {R"({"a.b":null})", R"({"a":[{"b":1},{"c":1}]})", true}});
}

TEST(QueryMatch, equality_with_an_array_field_means_contains) {
  check({{R"({"a":1})", R"({"a":[1,2]})", true},
         {R"({"a":3})", R"({"a":[1,2]})", false},
         {R"({"a":1})", R"({"a":[[1]]})", false},
         {R"({"a":[1,2]})", R"({"a":[1,2]})", true},
         {R"({"a":[1,2]})", R"({"a":[2,1]})", false},
         {R"({"a":[1]})", R"({"a":[[1],2]})", true},
         {R"({"a":[]})", R"({"a":[]})", true},
         {R"({"a":{"$ne":1}})", R"({"a":[1,2]})", false},
         {R"({"a":{"$nin":[1]}})", R"({"a":[1,2]})", false},
         {R"({"a":{"$nin":[1]}})", "{}", true}});
}

TEST(QueryMatch, each_comparison_may_hold_for_another_element) {
  check({{R"({"a":{"$gt":1,"$lt":3}})", R"({"a":[0,9]})", true},
         {R"({"a":{"$elemMatch":{"$gt":1,"$lt":3}}})", R"({"a":[0,9]})", false},
         {R"({"a":{"$elemMatch":{"$gt":1,"$lt":3}}})", R"({"a":[0,2]})", true}});
}

TEST(QueryMatch, paths_go_through_objects_and_arrays_of_objects) {
  check({{R"({"a.b":1})", R"({"a":{"b":1}})", true},
         {R"({"a.b":1})", R"({"a":[{"b":2},{"b":1}]})", true},
         {R"({"a.b":1})", R"({"a":[{"b":[1]}]})", true},
         {R"({"a.b":1})", R"({"a":[[{"b":1}]]})", false},
         {R"({"a.b":1})", R"({"a.b":1})", false},
         {R"({"a\\.b":1})", R"({"a.b":1})", true},
         {R"({"packages.ruamel\\.yaml":"1"})", R"({"packages":{"ruamel.yaml":"1"}})", true}});
}

TEST(QueryMatch, digits_in_a_path_are_names_and_positions) {
  check({{R"({"a.0":1})", R"({"a":[1,2]})", true},
         {R"({"a.1":1})", R"({"a":[1,2]})", false},
         {R"({"a.00":1})", R"({"a":[1,2]})", false},
         {R"({"a.0":1})", R"({"a":{"0":1}})", true},
         {R"({"a.0":1})", R"({"a":[{"0":1}]})", true},
         {R"({"a.0.b":1})", R"({"a":[{"b":1}]})", true},
         {R"({"a.1.b":1})", R"({"a":[{"b":1}]})", false},
         {R"({"a.0":1})", R"({"a":[[1,2]]})", false},
         {R"({"a.0":[1,2]})", R"({"a":[[1,2]]})", true},
         {R"({"a.0.1":2})", R"({"a":[[1,2]]})", true},
         {R"({"a.0.b":1})", R"({"a":[[{"b":1}]]})", true},
         {R"({"a.99999999999999999999":1})", R"({"a":[1]})", false},
         {R"({"a.2":{"$exists":true}})", R"({"a":[1,2]})", false}});
}

TEST(QueryMatch, a_long_path_of_positions_in_deep_arrays_takes_little_time) {
  std::string path = "0";
  std::string document = "1";
  for (int i = 1; i < 8; ++i) path += ".0";
  for (int i = 0; i < 120; ++i) document = R"([{"0":)" + document + "}]";
  const auto start = std::chrono::steady_clock::now();
  check({{"{\"" + path + R"(":"x"})", R"({"0":)" + document + "}", false}});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(QueryMatch, comparisons_stay_within_a_type) {
  check({{R"({"a":{"$gt":1}})", R"({"a":"2"})", false},
         {R"({"a":{"$lt":"b"}})", R"({"a":"a"})", true},
         {R"({"a":{"$lt":"b"}})", R"({"a":1})", false},
         {R"({"a":{"$gt":false}})", R"({"a":true})", true},
         {R"({"a":{"$gt":false}})", R"({"a":1})", false},
         {R"({"a":{"$gte":"2026"}})", R"({"a":{"$date":"2026-01-01T00:00:00Z"}})", false},
         {R"({"a":{"$gt":1}})", R"({"a":{"b":2}})", false},
         {R"({"a":{"$not":{"$gt":1}}})", R"({"a":"2"})", true}});
}

TEST(QueryMatch, datetimes_compare_by_the_microsecond_whatever_their_zone) {
  const std::string at = R"({"a":{"$date":"2026-01-01T12:00:00.000001Z"}})";
  check({{R"({"a":{"$date":"2026-01-01T13:00:00.000001+01:00"}})", at, true},
         {R"({"a":{"$date":"2026-01-01T12:00:00Z"}})", at, false},
         {R"({"a":{"$gt":{"$date":"2026-01-01T12:00:00Z"}}})", at, true},
         {R"({"a":{"$gte":{"$date":1767268800000}}})", at, true},
         {R"({"a":{"$lt":{"$date":1767268800000}}})", at, false},
         {R"({"a":{"$in":[{"$date":"2026-01-01T12:00:00.000001Z"}]}})", at, true}});
}

TEST(QueryMatch, a_document_may_hold_what_only_looks_like_a_datetime) {
  check({{R"({"a.b":1})", R"({"a":{"$date":"no time","b":1}})", true},
         {R"({"a":{"$exists":true}})", R"({"a":{"$date":"no time"}})", true}});
}

TEST(QueryMatch, objects_are_equal_in_any_order_of_their_members) {
  check({{R"({"a":{"x":1,"y":[2]}})", R"({"a":{"y":[2.0],"x":1}})", true},
         {R"({"a":{"x":1}})", R"({"a":{"x":1,"y":2}})", false},
         {R"({"a":{}})", R"({"a":{}})", true},
         {R"({"a":{"$eq":{"x":1}}})", R"({"a":[{"x":1}]})", true}});
}

TEST(QueryMatch, exists_sees_null_and_empty_arrays) {
  check({{R"({"a":{"$exists":true}})", R"({"a":null})", true},
         {R"({"a":{"$exists":1}})", R"({"a":[]})", true},
         {R"({"a":{"$exists":true}})", "{}", false},
         {R"({"a":{"$exists":0}})", "{}", true},
         {R"({"a.b":{"$exists":true}})", R"({"a":[{},{"b":null}]})", true}});
}

TEST(QueryMatch, size_counts_the_elements_of_the_field_itself) {
  check({{R"({"a":{"$size":2}})", R"({"a":[1,2]})", true},
         {R"({"a":{"$size":0}})", R"({"a":[]})", true},
         {R"({"a":{"$size":2}})", R"({"a":[[1,2]]})", false},
         {R"({"a":{"$size":2}})", R"({"a":"ab"})", false},
         {R"({"a.b":{"$size":1}})", R"({"a":[{"b":[1]}]})", true}});
}

TEST(QueryMatch, all_asks_for_every_value) {
  check({{R"({"a":{"$all":[1,2]}})", R"({"a":[2,1,3]})", true},
         {R"({"a":{"$all":[1,4]}})", R"({"a":[2,1,3]})", false},
         {R"({"a":{"$all":[1]}})", R"({"a":1})", true},
         {R"({"a":{"$all":[]}})", R"({"a":[]})", false},
         {R"({"a":{"$all":[{"$elemMatch":{"x":1}},{"$elemMatch":{"x":2}}]}})", R"({"a":[{"x":1},{"x":2}]})",
          true},
         {R"({"a":{"$all":[{"$elemMatch":{"x":1}},{"$elemMatch":{"x":2}}]}})", R"({"a":[{"x":1}]})", false}});
}

TEST(QueryMatch, elem_match_holds_for_one_element_alone) {
  const std::string document = R"({"f":[{"name":"a","size":1},{"name":"b","size":9}]})";
  check({{R"({"f":{"$elemMatch":{"name":"a","size":{"$gt":5}}}})", document, false},
         {R"({"f.name":"a","f.size":{"$gt":5}})", document, true},
         {R"({"f":{"$elemMatch":{"name":"b","size":{"$gt":5}}}})", document, true},
         {R"({"f":{"$elemMatch":{"$or":[{"name":"x"},{"size":1}]}}})", document, true},
         {R"({"f":{"$elemMatch":{"$nor":[{"name":"a"}]}}})", R"({"f":[1]})", false},
         {R"({"f":{"$elemMatch":{"$ne":1}}})", R"({"f":[1,2]})", true},
         {R"({"f":{"$elemMatch":{"$not":{"$lt":3}}}})", R"({"f":[1,2]})", false},
         {R"({"f":{"$elemMatch":{"$eq":1}}})", R"({"f":1})", false},
         {R"({"f":{"$elemMatch":{"$eq":1}}})", R"({"f":[[1]]})", false},
         {R"({"f":{"$elemMatch":{"$elemMatch":{"$eq":1}}}})", R"({"f":[[1]]})", true},
         {R"({"f":{"$elemMatch":{"0":1}}})", R"({"f":[[1]]})", true},
         {R"({"f":{"$elemMatch":{"$size":1}}})", R"({"f":[[1]]})", true},
         {R"({"f":{"$elemMatch":{"$or":[{"$gt":5},{"$lt":0}]}}})", R"({"f":[1,7]})", true},
         {R"({"f":{"$elemMatch":{}}})", R"({"f":[{}]})", true},
         {R"({"f":{"$elemMatch":{}}})", R"({"f":[1]})", false}});
}

TEST(QueryMatch, patterns_match_texts_and_elements_of_arrays) {
  check({{R"({"f":{"$regex":"\\.txt"}})", R"({"f":["train.txt","x"]})", true},
         {R"({"f":{"$regex":"^b"}})", R"({"f":"ab"})", false},
         {R"({"f":{"$regex":"1"}})", R"({"f":1})", false},
         {R"({"f":{"$regex":"TXT","$options":"i"}})", R"({"f":"a.txt"})", true},
         {R"({"f":{"$options":"m","$regex":"^b"}})", R"({"f":"a\nb"})", true},
         {R"({"f":{"$regex":"a.b","$options":"s"}})", R"({"f":"a\nb"})", true},
         {R"({"f":{"$regex":"a.b"}})", R"({"f":"a\nb"})", false},
         {R"({"f":{"$not":{"$regex":"a"}}})", R"({"f":["a","b"]})", false},
         {R"({"f":{"$glob":"*.txt"}})", R"({"f":["d/a.txt"]})", true},
         {R"({"f":{"$glob":"*.txt"}})", R"({"f":"a.txt.gz"})", false}});
}

TEST(QueryMatch, logic_combines_queries) {
  check({{R"({"$or":[{"a":1},{"b":1}]})", R"({"b":1})", true},
         {R"({"$and":[{"a":1},{"b":1}]})", R"({"b":1})", false},
         {R"({"$nor":[{"a":1},{"b":1}]})", R"({"c":1})", true},
         {R"({"a":{"$not":{"$gt":1,"$lt":5}}})", R"({"a":3})", false},
         {R"({"a":{"$not":{"$gt":1}}})", "{}", true}});
}

TEST(QueryMatch, text_looks_in_what_people_wrote_and_not_in_the_environment) {
  const std::string document =
      R"({"labels":{"infos":{"k":"New Special method"}},"file_relpaths":["Train.txt"],"python_packages":{"pandas":"2"},"argv":"python"})";
  check({{R"({"$text":"special METHOD"})", document, true},
         {R"({"$text":"train"})", document, true},
         {R"({"$text":"pandas"})", document, false},
         {R"({"$text":"python"})", document, false},
         {R"({"$text":"infos"})", document, false},
         {R"({"$text":".*"})", document, false}});
}

}  // namespace
}  // namespace unio::test
