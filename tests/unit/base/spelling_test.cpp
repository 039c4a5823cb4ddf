#include "base/spelling.hpp"

#include <gtest/gtest.h>

namespace unio::test {
namespace {

TEST(Spelling, finds_the_word_that_was_meant) {
  const std::vector<std::string> words{"install", "status", "verify", "sync"};
  EXPECT_EQ(nearest("instal", words), "install");
  EXPECT_EQ(nearest("stauts", words), "status");
  EXPECT_EQ(nearest("snc", words), "sync");
  EXPECT_EQ(nearest("psuh", {"push", "pull"}), "push");
  EXPECT_EQ(nearest("frobnicate", words), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace unio::test
