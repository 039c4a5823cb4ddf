#include "base/json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

std::string canonical(std::string_view text) {
  return Json::parse(text).dump(JsonStyle::canonical);
}

TEST(Json, writes_a_double_with_the_shortest_digits_and_pythons_exponents) {
  EXPECT_EQ(canonical("[1e16, 1e-5, 1e5, -0.0, 16.0, 123456789.125]"),
            "[1e+16,1e-05,100000.0,-0.0,16.0,123456789.125]");
}

TEST(Json, keeps_integers_of_any_length) {
  EXPECT_EQ(canonical("-123456789012345678901234567890"), "-123456789012345678901234567890");
  EXPECT_EQ(Json(std::numeric_limits<std::uint64_t>::max()).dump(), "18446744073709551615");
  EXPECT_EQ(canonical("-0"), "0");
}

TEST(Json, escapes_all_but_printable_ascii_in_canonical_form) {
  EXPECT_EQ(canonical("\"\x7f\u00e9\U0001F600/\""), R"("\u007f\u00e9\ud83d\ude00/")");
}

TEST(Json, keeps_a_lone_surrogate) {
  EXPECT_EQ(Json::parse(R"("\ud83d")").dump(JsonStyle::compact), R"("\ud83d")");
  EXPECT_EQ(canonical(R"("\udE00\uD83D")"), R"("\ude00\ud83d")");
}

TEST(Json, sorts_keys_by_code_point_in_canonical_form) {
  // U+FFFF stands before U+1F600, which UTF-16 would put first.
  EXPECT_EQ(canonical("{\"\U0001F600\":1,\"\uffff\":2,\"a\":{\"c\":1,\"b\":2}}"),
            R"({"a":{"b":2,"c":1},"\uffff":2,"\ud83d\ude00":1})");
}

TEST(Json, gives_a_repeated_key_the_first_place_and_the_last_value) {
  EXPECT_EQ(Json::parse(R"({"a":1,"b":2,"a":3})").dump(), R"({"a":3,"b":2})");
  std::string text = "{";
  for (const int round : {1, 2}) {
    for (int i = 0; i < 100; ++i) text += fmt::format(R"("k{}":{},)", i, round * i);
  }
  text.back() = '}';
  const Json many = Json::parse(text);
  ASSERT_EQ(many.if_object()->size(), 100U);
  EXPECT_EQ(many.if_object()->begin()->first, "k0");
  EXPECT_EQ(many.get_integer("k99"), 198);
}

TEST(Json, refuses_input_that_is_not_utf8) {
  for (const char* bytes :
       {"\x80", "\xC0\xAF", "\xC3", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\xFF"}) {
    EXPECT_UNIO_ERROR(Json::parse("\"" + std::string(bytes) + "\""), invalid_argument);
  }
}

TEST(Json, takes_line_ends_between_values_and_refuses_them_in_texts) {
  EXPECT_EQ(canonical("\n[1,\r\n2]\n"), "[1,2]");
  EXPECT_UNIO_ERROR(Json::parse("\"a\nb\""), invalid_argument);
}

TEST(Json, refuses_nesting_that_could_overflow_the_stack) {
  EXPECT_NO_THROW(Json::parse(std::string(512, '[') + std::string(512, ']')));
  EXPECT_UNIO_ERROR(Json::parse(std::string(513, '[') + std::string(513, ']')), invalid_argument);
  EXPECT_UNIO_ERROR(Json::parse(std::string(1'000'000, '[')), invalid_argument);
}

TEST(Json, names_the_byte_where_it_stumbled) {
  try {
    Json::parse("[1, 2, x]");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("byte 7"), std::string::npos) << error.message();
  }
}

TEST(Json, does_not_depend_on_the_locale) {
  // Where no such locale is installed, this shows nothing.
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"}) std::setlocale(LC_ALL, name);
  EXPECT_EQ(canonical("[1.5, 1.5e400, 1.5e-400]"), "[1.5,Infinity,0.0]");
  std::setlocale(LC_ALL, "C");
}

TEST(Json, indents_for_people) {
  EXPECT_EQ(Json::parse(R"({"a":[1,{}],"b":[],"c":"é"})").dump(JsonStyle::pretty),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": \"é\"\n}");
}

TEST(Json, calls_true_what_python_calls_true) {
  for (const char* text : {"null", "false", "0", "-0", "0.0", "-0.0", "\"\"", "[]", "{}", "1e-400"}) {
    EXPECT_FALSE(Json::parse(text).truthy()) << text;
  }
  for (const char* text :
       {"true", "1", "-1", "0.1", "NaN", "\"0\"", "[0]", "{\"\":0}", "99999999999999999999"}) {
    EXPECT_TRUE(Json::parse(text).truthy()) << text;
  }
}

TEST(Json, compares_objects_without_regard_to_order) {
  EXPECT_EQ(Json::parse(R"({"a":1,"b":{"c":2,"d":3}})"), Json::parse(R"({"b":{"d":3,"c":2},"a":1})"));
  EXPECT_NE(Json::parse(R"({"a":1,"b":2})"), Json::parse(R"({"a":1,"c":2})"));
  EXPECT_NE(Json::parse(R"({"a":1})"), Json::parse(R"({"a":1.0})"));
}

TEST(Json, says_which_member_is_missing_or_of_another_type) {
  const Json value = Json::parse(R"({"text":"x","number":1,"nothing":null})");
  EXPECT_EQ(value.get_string("text"), "x");
  EXPECT_EQ(value.get_integer("number"), 1);
  EXPECT_EQ(value.find_string("nothing"), std::nullopt);
  EXPECT_EQ(value.find_string("absent"), std::nullopt);
  EXPECT_UNIO_ERROR(value.find_string("number"), corruption);
  EXPECT_UNIO_ERROR(value.get_string("absent"), corruption);
  EXPECT_UNIO_ERROR(value.get_integer("text"), corruption);
}

TEST(JsonObject, keeps_the_order_of_members_through_setting_and_erasing) {
  Json::Object object;
  for (int i = 0; i < 40; ++i) object.set(std::to_string(i), i);
  object.set("7", "seven");
  EXPECT_TRUE(object.erase("3"));
  EXPECT_FALSE(object.erase("3"));
  object.set("3", "again");
  EXPECT_EQ(object.size(), 40U);
  EXPECT_EQ((object.begin() + 6)->first, "7");
  EXPECT_EQ(*(object.begin() + 6)->second.if_string(), "seven");
  EXPECT_EQ((object.end() - 1)->first, "3");
  EXPECT_EQ(*object.find("39")->if_integer(), 39);
  EXPECT_EQ(object.find("40"), nullptr);
}

TEST(JsonObject, reads_finds_and_compares_very_many_members_in_linear_time) {
  constexpr int count = 200'000;
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const auto start = std::chrono::steady_clock::now();
  const Json value = Json::parse(text);
  Json copy;
  for (int i = count - 1; i >= 0; --i) copy.set("k" + std::to_string(i), i);
  EXPECT_EQ(value.if_object()->size(), static_cast<std::size_t>(count));
  EXPECT_EQ(value, copy);
  // Looking at each member would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

RC_GTEST_PROP(Json, reads_back_any_double_that_it_wrote, (std::uint64_t bits)) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  RC_PRE(value == value);
  const Json read = Json::parse(Json(value).dump());
  RC_ASSERT(read.if_double() != nullptr);
  RC_ASSERT(std::memcmp(read.if_double(), &value, sizeof value) == 0);
}

RC_GTEST_PROP(Json, reads_back_any_integer_that_it_wrote, (std::int64_t value)) {
  RC_ASSERT(Json::parse(Json(value).dump()) == Json(value));
}

RC_GTEST_PROP(Json, never_does_worse_than_refuse_any_bytes, (const std::string& bytes)) {
  for (const std::string& text : {bytes, "\"" + bytes + "\"", "[" + bytes + "]"}) {
    try {
      const Json value = Json::parse(text);
      RC_ASSERT(Json::parse(value.dump()).dump(JsonStyle::canonical) == value.dump(JsonStyle::canonical));
    } catch (const Error& error) {
      RC_ASSERT(error.code() == ErrorCode::invalid_argument);
    }
  }
}

RC_GTEST_PROP(JsonObject, behaves_like_a_list_of_pairs,
              (const std::vector<std::pair<std::uint8_t, int>>& steps)) {
  Json::Object object;
  std::vector<std::pair<std::string, int>> model;
  for (const auto& [byte, value] : steps) {
    const std::string key = std::to_string(byte % 40);
    const auto place =
        std::find_if(model.begin(), model.end(), [&](const auto& member) { return member.first == key; });
    if (byte >= 200) {
      RC_ASSERT(object.erase(key) == (place != model.end()));
      if (place != model.end()) model.erase(place);
      continue;
    }
    object.set(key, value);
    if (place == model.end()) {
      model.emplace_back(key, value);
    } else {
      place->second = value;
    }
  }
  RC_ASSERT(object.size() == model.size());
  RC_ASSERT(
      std::equal(model.begin(), model.end(), object.begin(), [](const auto& left, const Json::Member& right) {
        return left.first == right.first && right.second == Json(left.second);
      }));
}

}  // namespace
}  // namespace unio::test
