#include "base/threads.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

TEST(ParallelFor, calls_the_body_once_for_every_index) {
  std::vector<std::atomic<int>> calls(10'000);
  parallel_for(calls.size(), 4, {}, [&](std::size_t i) { ++calls[i]; });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
  parallel_for(0, 4, {}, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, works_in_the_callers_thread_alone_when_asked_for_one) {
  std::vector<std::size_t> order;
  for (const unsigned threads : {0U, 1U}) {
    order.clear();
    parallel_for(5, threads, {}, [&](std::size_t i) { order.push_back(i); });
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  }
}

TEST(ParallelFor, works_on_as_many_items_at_once_as_there_are_threads) {
  std::atomic<int> waiting = 0;
  // Ends only when three are inside at the same time.
  parallel_for(3, 3, {}, [&](std::size_t) {
    ++waiting;
    while (waiting < 3) std::this_thread::yield();
  });
  EXPECT_EQ(waiting, 3);
}

TEST(ParallelFor, throws_the_first_exception_again_and_starts_nothing_more) {
  std::atomic<std::size_t> calls = 0;
  EXPECT_THROW(parallel_for(1'000'000, 2, {},
                            [&](std::size_t i) {
                              ++calls;
                              if (i == 10) throw std::out_of_range("ten");
                            }),
               std::out_of_range);
  EXPECT_LT(calls, 1'000'000U);
}

TEST(ParallelFor, stops_when_asked) {
  std::stop_source stop;
  std::atomic<std::size_t> calls = 0;
  EXPECT_UNIO_ERROR(parallel_for(1'000'000, 2, stop.get_token(),
                                 [&](std::size_t i) {
                                   ++calls;
                                   if (i == 10) stop.request_stop();
                                 }),
                    cancelled);
  EXPECT_LT(calls, 1'000'000U);
}

TEST(BoundedQueue, keeps_the_order_and_drains_after_it_was_closed) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  queue.close();
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, never_holds_more_than_its_length) {
  BoundedQueue<int> queue(2);
  std::atomic<int> ahead = 0;
  std::atomic<int> most = 0;
  std::jthread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      queue.push(i);
      most = std::max(most.load(), ++ahead);
    }
    queue.close();
  });
  int sum = 0;
  while (const auto item = queue.pop()) {
    --ahead;
    sum += *item;
  }
  EXPECT_EQ(sum, 999 * 1000 / 2);
  // Two in the queue, one just taken and not counted yet.
  EXPECT_LE(most, 3);
}

TEST(BoundedQueue, wakes_those_who_wait_when_it_is_closed) {
  BoundedQueue<int> empty(1);
  BoundedQueue<int> full(1);
  full.push(1);
  std::jthread reader([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
  std::jthread writer([&] { EXPECT_FALSE(full.push(2)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  empty.close();
  full.close();
}

TEST(Synchronized, lets_one_thread_at_a_time_at_the_value) {
  Synchronized<int> count;
  parallel_for(1000, 4, {}, [&](std::size_t) { *count.lock() += 1; });
  EXPECT_EQ(*count.lock(), 1000);
}

TEST(DefaultThreads, is_what_the_process_may_use) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(default_threads(), static_cast<unsigned>(CPU_COUNT(&all)));
  std::size_t first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(default_threads(), 1U);
  ASSERT_EQ(::sched_setaffinity(0, sizeof all, &all), 0);
}

}  // namespace
}  // namespace unio::test
