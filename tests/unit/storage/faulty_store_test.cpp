#include "storage/faulty_store.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"

namespace unio::test {
namespace {

using Effect = Fault::Effect;

class FaultyStoreTest : public testing::Test {
 protected:
  FakeClock clock_;
  MemoryStore memory_{clock_};
  FaultPlan plan_;
  FaultyStore store_{memory_, plan_};
};

TEST_F(FaultyStoreTest, strikes_the_planned_calls_only) {
  plan_.add({.operation = StoreOperation::find, .nth = 2, .times = 2});
  EXPECT_NO_THROW(store_.find("k"));
  EXPECT_UNIO_ERROR(store_.find("k"), unavailable);
  EXPECT_UNIO_ERROR(store_.find("k"), unavailable);
  EXPECT_NO_THROW(store_.find("k"));
  EXPECT_EQ(plan_.calls(StoreOperation::find), 4U);
}

TEST_F(FaultyStoreTest, fails_with_the_planned_code) {
  plan_.add({.operation = StoreOperation::list, .code = ErrorCode::no_space});
  EXPECT_UNIO_ERROR(store_.list({.prefix = "", .delimiter = {}, .start = {}}), no_space);
}

TEST_F(FaultyStoreTest, fails_before_or_after_the_effect) {
  plan_.add({.operation = StoreOperation::write, .effect = Effect::fail_before, .nth = 1});
  plan_.add({.operation = StoreOperation::write, .effect = Effect::fail_after, .nth = 2});
  EXPECT_UNIO_ERROR(store_.write("k", as_bytes("x"), Condition::none()), unavailable);
  EXPECT_FALSE(memory_.find("k"));
  EXPECT_UNIO_ERROR(store_.write("k", as_bytes("x"), Condition::none()), unavailable);
  EXPECT_TRUE(memory_.find("k"));
}

TEST_F(FaultyStoreTest, breaks_a_read_in_the_middle) {
  memory_.write("k", as_bytes("0123456789"), Condition::none());
  plan_.add({.operation = StoreOperation::read, .effect = Effect::short_read});
  std::string read;
  EXPECT_UNIO_ERROR(store_.read("k", {2, 6}, [&](Bytes bytes) { read += as_text(bytes); }), unavailable);
  EXPECT_EQ(read, "234");
}

TEST_F(FaultyStoreTest, alters_one_bit_without_a_word) {
  memory_.write("k", as_bytes("abc"), Condition::none());
  plan_.add({.operation = StoreOperation::read, .effect = Effect::altered});
  EXPECT_EQ(read_object(store_, "k"), "`bc");
  EXPECT_EQ(read_object(store_, "k"), "abc");
}

}  // namespace
}  // namespace unio::test
