#include "model/canonical_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "base/json.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

std::string canonical(CanonicalJson& reader, std::string_view text) {
  std::string out = "before";
  reader.append(out, text);
  EXPECT_TRUE(out.starts_with("before"));
  return out.substr(6);
}

TEST(CanonicalJson, writes_what_pythons_json_module_writes) {
  std::ifstream file(UNIO_TEST_DATA "/json_values.jsonl", std::ios::binary);
  CanonicalJson reader;
  std::size_t groups = 0;
  std::string text;
  std::string python;
  std::string compact;
  for (std::string expected; std::getline(file, text) && std::getline(file, python) &&
                             std::getline(file, compact) && std::getline(file, expected);
       ++groups) {
    EXPECT_EQ(canonical(reader, text), expected) << text;
    EXPECT_EQ(canonical(reader, python), expected) << python;
  }
  EXPECT_GT(groups, 1000U);
}

TEST(CanonicalJson, refuses_what_pythons_json_module_refuses) {
  std::ifstream file(UNIO_TEST_DATA "/json_refused.jsonl", std::ios::binary);
  CanonicalJson reader;
  std::size_t refused = 0;
  for (std::string text; std::getline(file, text); ++refused) {
    std::string out;
    EXPECT_UNIO_ERROR(reader.append(out, text), invalid_argument) << text;
    EXPECT_EQ(out, "");
  }
  EXPECT_GT(refused, 100U);
}

TEST(CanonicalJson, takes_a_plain_value_from_the_front_of_a_text) {
  CanonicalJson reader;
  std::string out;
  const std::string text = R"( {"b" : [1, -20, true], "a":{"d":null,"c":{}},"":[]} , more)";
  EXPECT_EQ(reader.append_plain(out, text), text.find(" , more"));
  EXPECT_EQ(out, R"({"":[],"a":{"c":{},"d":null},"b":[1,-20,true]})");
}

TEST(CanonicalJson, escapes_what_is_no_printable_ascii_in_one_pass) {
  CanonicalJson reader;
  std::string out;
  const std::string text = "{\"😀\": \"\x7f\x7f\x7fé￿\", \"￿\": [1.5, 1e+16, -0.0]}";
  EXPECT_EQ(reader.append_plain(out, text), text.size());
  EXPECT_EQ(out, R"({"\uffff":[1.5,1e+16,-0.0],"\ud83d\ude00":"\u007f\u007f\u007f\u00e9\uffff"})");
}

TEST(CanonicalJson, leaves_what_is_not_plain_and_the_output_alone) {
  CanonicalJson reader;
  for (const char* text : {"1.50",
                           "1e5",
                           "1e400",
                           "-0",
                           "01",
                           "01.5",
                           "1.",
                           "-.5",
                           "1E+16",
                           "\"\xC3\"",
                           "\"\xED\xA0\x80\"",
                           "\"\\n\"",
                           "{\"a\":1,\"a\":2}",
                           "{\"a\":1",
                           "[1",
                           "[1,",
                           "{\"a\":1,",
                           "{\"a\"",
                           "{",
                           "[",
                           "\"",
                           "",
                           "-",
                           "{\"b\":1,\"a\":[{\"c\":\"\\u00e9\"}]}",
                           "nul",
                           "{\"a\":1,}"}) {
    std::string out = "kept";
    EXPECT_FALSE(reader.append_plain(out, text)) << text;
    EXPECT_EQ(out, "kept");
  }
}

RC_GTEST_PROP(CanonicalJson, agrees_with_the_exact_reader, ()) {
  const auto text =
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("{}[]\":,ab01 -.e\\n\x7f\xC3\xA9")));
  const std::string json = *text;
  CanonicalJson reader;
  std::string out;
  std::string expected;
  try {
    expected = Json::parse(json).dump(JsonStyle::canonical);
  } catch (const Error&) {
    EXPECT_UNIO_ERROR(reader.append(out, json), invalid_argument);
    return;
  }
  reader.append(out, json);
  RC_ASSERT(out == expected);
}

}  // namespace
}  // namespace unio::test
