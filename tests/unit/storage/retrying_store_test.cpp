#include "storage/retrying_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/faulty_store.hpp"
#include "storage/memory_store.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"

namespace unio::test {
namespace {

using namespace std::chrono_literals;
using Effect = Fault::Effect;

class RetryingStoreTest : public testing::Test {
 protected:
  void fail(StoreOperation operation, Effect effect, std::size_t nth = 1, std::size_t times = 1,
            ErrorCode code = ErrorCode::unavailable) {
    plan_.add({operation, effect, nth, times, code});
  }

  Sleep sleep() {
    return [this](std::chrono::milliseconds duration, const std::stop_token&) {
      slept_.push_back(duration);
      clock_.advance(duration);
      if (stop_while_sleeping_) stop_.request_stop();
    };
  }

  std::string content(std::string_view key) { return read_object(memory_, key); }

  FakeClock clock_;
  FakeRandom random_;
  MemoryStore memory_{clock_};
  FaultPlan plan_;
  FaultyStore faulty_{memory_, plan_};
  std::vector<std::chrono::milliseconds> slept_;
  bool stop_while_sleeping_ = false;
  std::stop_source stop_;
  RetryingStore store_{faulty_, clock_, random_, {}, stop_.get_token(), sleep()};
};

TEST_F(RetryingStoreTest, repeats_each_operation_until_it_works) {
  for (const auto operation :
       {StoreOperation::find, StoreOperation::read, StoreOperation::write, StoreOperation::copy,
        StoreOperation::remove, StoreOperation::list, StoreOperation::put, StoreOperation::publish}) {
    fail(operation, Effect::fail_before, 1, 2);
  }
  store_.write("k", as_bytes("x"), Condition::none());
  EXPECT_TRUE(store_.find("k"));
  EXPECT_EQ(read_object(store_, "k"), "x");
  store_.copy("k", "copy", Condition::absent());
  EXPECT_EQ(store_.list({.prefix = "", .delimiter = {}, .start = {}}).objects.size(), 2U);
  store_.remove("copy", Condition::none());
  const auto batch = store_.batch();
  batch->put("batched", as_bytes("y"));
  batch->commit();
  const auto staged = store_.staging()->stage();
  staged->append(as_bytes("z"));
  staged->publish("staged", Condition::absent());
  EXPECT_EQ(content("batched"), "y");
  EXPECT_EQ(content("staged"), "z");
  EXPECT_EQ(slept_.size(), 16U);
}

TEST_F(RetryingStoreTest, repeats_what_took_too_long) {
  fail(StoreOperation::find, Effect::fail_before, 1, 1, ErrorCode::deadline_exceeded);
  EXPECT_NO_THROW(store_.find("k"));
}

TEST_F(RetryingStoreTest, does_not_repeat_what_will_not_pass) {
  for (const auto code : {ErrorCode::permission_denied, ErrorCode::no_space, ErrorCode::corruption,
                          ErrorCode::invalid_argument, ErrorCode::cancelled}) {
    FaultPlan plan;
    plan.add({StoreOperation::write, Effect::fail_before, 1, 1, code});
    FaultyStore faulty(memory_, plan);
    RetryingStore store(faulty, clock_, random_, {}, {}, sleep());
    EXPECT_THROW(store.write("k", {}, Condition::none()), Error);
    EXPECT_EQ(plan.calls(StoreOperation::write), 1U);
  }
  EXPECT_TRUE(slept_.empty());
}

TEST_F(RetryingStoreTest, gives_up_after_five_attempts_with_the_error_of_the_last) {
  fail(StoreOperation::find, Effect::fail_before, 1, 100);
  EXPECT_UNIO_ERROR(store_.find("k"), unavailable);
  EXPECT_EQ(plan_.calls(StoreOperation::find), 5U);
}

TEST_F(RetryingStoreTest, waits_a_random_time_below_a_limit_that_doubles_up_to_a_cap) {
  RetryOptions options{.attempts = 12, .base = 100ms, .cap = 1000ms, .budget = 1h};
  RetryingStore store(faulty_, clock_, random_, options, {}, sleep());
  fail(StoreOperation::find, Effect::fail_before, 1, 100);
  EXPECT_UNIO_ERROR(store.find("k"), unavailable);
  ASSERT_EQ(slept_.size(), 11U);
  std::chrono::milliseconds limit = 100ms;
  for (const auto wait : slept_) {
    EXPECT_GE(wait, 0ms);
    EXPECT_LE(wait, limit);
    limit = std::min(limit * 2, 1000ms);
  }
}

TEST_F(RetryingStoreTest, begins_no_attempt_after_the_budget) {
  RetryOptions options{.attempts = 1000, .base = 100ms, .cap = 1000ms, .budget = 5000ms};
  RetryingStore store(faulty_, clock_, random_, options, {}, sleep());
  fail(StoreOperation::find, Effect::fail_before, 1, 1000);
  const Time begin = clock_.now();
  EXPECT_UNIO_ERROR(store.find("k"), unavailable);
  EXPECT_LE(clock_.now() - begin, 5000ms);
  EXPECT_GT(plan_.calls(StoreOperation::find), 5U);
}

TEST_F(RetryingStoreTest, stops_when_the_user_asks) {
  stop_while_sleeping_ = true;
  fail(StoreOperation::find, Effect::fail_before, 1, 100);
  EXPECT_UNIO_ERROR(store_.find("k"), cancelled);
  EXPECT_EQ(plan_.calls(StoreOperation::find), 1U);
  EXPECT_UNIO_ERROR(store_.find("k"), cancelled);
  EXPECT_EQ(plan_.calls(StoreOperation::find), 1U);
}

TEST_F(RetryingStoreTest, wakes_up_when_the_user_asks) {
  std::stop_source stop;
  stop.request_stop();
  const auto begin = std::chrono::steady_clock::now();
  sleep_unless_stopped(10min, stop.get_token());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min);
}

TEST_F(RetryingStoreTest, takes_its_own_object_for_a_success_when_the_answer_was_lost) {
  fail(StoreOperation::write, Effect::fail_after);
  const ObjectInfo info = store_.write("k", as_bytes("mine"), Condition::absent());
  EXPECT_EQ(info.etag, memory_.find("k")->etag);
  EXPECT_EQ(plan_.calls(StoreOperation::write), 2U);
}

TEST_F(RetryingStoreTest, takes_its_own_replacement_for_a_success_when_the_answer_was_lost) {
  const ObjectInfo old = memory_.write("k", as_bytes("old"), Condition::none());
  fail(StoreOperation::write, Effect::fail_after);
  EXPECT_NO_THROW(store_.write("k", as_bytes("new"), Condition::matches(old.etag)));
  EXPECT_EQ(content("k"), "new");
}

TEST_F(RetryingStoreTest, reports_the_conflict_when_another_object_stands_there) {
  fail(StoreOperation::write, Effect::fail_before);
  memory_.write("k", as_bytes("hers"), Condition::none());
  EXPECT_UNIO_ERROR(store_.write("k", as_bytes("mine"), Condition::absent()), conflict);
  EXPECT_EQ(content("k"), "hers");
}

TEST_F(RetryingStoreTest, reports_a_conflict_of_the_first_attempt_even_if_the_bytes_are_the_same) {
  memory_.write("k", as_bytes("same"), Condition::none());
  EXPECT_UNIO_ERROR(store_.write("k", as_bytes("same"), Condition::absent()), conflict);
}

TEST_F(RetryingStoreTest, finds_out_about_lost_answers_of_copy_remove_and_publish) {
  memory_.write("from", as_bytes("bytes"), Condition::none());
  fail(StoreOperation::copy, Effect::fail_after);
  EXPECT_NO_THROW(store_.copy("from", "to", Condition::absent()));
  fail(StoreOperation::remove, Effect::fail_after);
  EXPECT_NO_THROW(store_.remove("to", Condition::matches(memory_.find("to")->etag)));
  EXPECT_FALSE(memory_.find("to"));
  fail(StoreOperation::publish, Effect::fail_after);
  const auto staged = store_.staging()->stage();
  staged->append(as_bytes("staged "));
  staged->append(as_bytes("bytes"));
  EXPECT_EQ(staged->publish("staged", Condition::absent()).size, 12U);
}

TEST_F(RetryingStoreTest, does_not_ask_for_a_commit_again) {
  fail(StoreOperation::commit, Effect::fail_before);
  const auto batch = store_.batch();
  batch->put("k", as_bytes("x"));
  EXPECT_UNIO_ERROR(batch->commit(), unavailable);
  EXPECT_EQ(plan_.calls(StoreOperation::commit), 1U);
}

class RetryingReadTest : public RetryingStoreTest {
 protected:
  void SetUp() override {
    while (large_.size() < 5'000'000) large_ += std::to_string(large_.size()) + ",";
    memory_.write("large", as_bytes(large_), Condition::none());
  }

  std::string read(ByteRange range) {
    std::string bytes;
    store_.read("large", range, [&](Bytes piece) { bytes += as_text(piece); });
    return bytes;
  }

  std::string large_;
};

TEST_F(RetryingReadTest, goes_on_where_the_stream_broke) {
  fail(StoreOperation::read, Effect::short_read, 1);
  fail(StoreOperation::read, Effect::short_read, 3, 2);
  EXPECT_TRUE(read({}) == large_);
  EXPECT_EQ(plan_.calls(StoreOperation::read), 5U);
}

TEST_F(RetryingReadTest, goes_on_within_a_range) {
  fail(StoreOperation::read, Effect::short_read, 2, 2);
  EXPECT_TRUE(read({123'457, 3'000'001}) == large_.substr(123'457, 3'000'001));
}

TEST_F(RetryingReadTest, does_not_deliver_anything_twice_when_the_end_was_lost) {
  fail(StoreOperation::read, Effect::fail_after, 1, 2);
  EXPECT_TRUE(read({}) == large_);
}

TEST_F(RetryingReadTest, reports_a_conflict_when_the_object_changed_in_between) {
  int pieces = 0;
  const auto sink = [&](Bytes) {
    if (++pieces == 1) memory_.write("large", as_bytes(std::string(large_.size(), 'x')), Condition::none());
  };
  EXPECT_UNIO_ERROR(store_.read("large", ByteRange{}, sink), conflict);
}

TEST_F(RetryingReadTest, does_not_repeat_an_error_of_the_sink) {
  int pieces = 0;
  const auto sink = [&](Bytes) {
    if (++pieces == 2) throw Error(ErrorCode::unavailable, "the sink has gone");
  };
  EXPECT_UNIO_ERROR(store_.read("large", ByteRange{}, sink), unavailable);
  EXPECT_EQ(pieces, 2);
  EXPECT_TRUE(slept_.empty());
}

TEST_F(RetryingReadTest, reads_a_small_object_with_one_request) {
  memory_.write("small", as_bytes("x"), Condition::none());
  EXPECT_EQ(read_object(store_, "small"), "x");
  EXPECT_EQ(plan_.calls(StoreOperation::read), 1U);
}

}  // namespace
}  // namespace unio::test
