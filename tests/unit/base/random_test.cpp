#include "base/random.hpp"

#include <gtest/gtest.h>

#include <set>

namespace unio::test {
namespace {

TEST(RandomId, is_32_hex_digits_and_never_the_same) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_id(random);
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(RandomId, keeps_leading_zeros) {
  class Small final : public RandomSource {
   public:
    std::uint64_t next() override { return ++last_; }

   private:
    std::uint64_t last_ = 0;
  } random;
  EXPECT_EQ(random_id(random), "00000000000000010000000000000002");
}

}  // namespace
}  // namespace unio::test
