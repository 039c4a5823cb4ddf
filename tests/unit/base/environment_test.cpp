#include "base/environment.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>

namespace unio::test {
namespace {

TEST(Environment, takes_an_empty_variable_for_one_that_is_not_set) {
  const Environment environment({{"A", "1"}, {"EMPTY", ""}, {"WITH", "a=b"}});
  EXPECT_EQ(environment.find("A"), "1");
  EXPECT_EQ(environment.find("EMPTY"), std::nullopt);
  EXPECT_EQ(environment.find("a"), std::nullopt);
  EXPECT_EQ(environment.find("WITH"), "a=b");
}

TEST(Environment, copies_the_variables_of_the_process) {
  ASSERT_EQ(::setenv("UNIO_TEST_VARIABLE", "x=y", 1), 0);
  const Environment environment = Environment::of_process();
  ASSERT_EQ(::unsetenv("UNIO_TEST_VARIABLE"), 0);
  EXPECT_EQ(environment.find("UNIO_TEST_VARIABLE"), "x=y");
  EXPECT_EQ(Environment::of_process().find("UNIO_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace unio::test
