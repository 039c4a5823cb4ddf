#include "base/utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace unio::test {
namespace {

TEST(Utf8, refuses_what_no_code_point_has) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text));
    // Behind eight ASCII bytes, which are looked at together, and before some.
    EXPECT_FALSE(is_utf8("12345678" + std::string(text)));
    EXPECT_FALSE(is_utf8(std::string(text) + "12345678"));
  }
  EXPECT_TRUE(is_utf8({}));
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

RC_GTEST_PROP(Utf8, takes_every_code_point_but_surrogates, ()) {
  const auto code = *rc::gen::inRange<std::uint32_t>(0, 0x110000);
  std::string text;
  append_utf8(text, code);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  RC_ASSERT(is_utf8(text) == !surrogate);
  RC_ASSERT(is_utf8("1234567" + text + "12345678") == !surrogate);
  if (code >= 0x80 && !surrogate) RC_ASSERT(utf8_length(text + "x") == text.size());
}

}  // namespace
}  // namespace unio::test
