#include "base/look_ahead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace unio::test {
namespace {

using Tasks = std::vector<LookAhead::Handle>;

/// A task for each result, that puts its number there.
Tasks numbering(std::vector<std::atomic<int>>& results, std::size_t size = 1) {
  Tasks tasks;
  for (std::size_t i = 0; i < results.size(); ++i) {
    tasks.push_back(LookAhead::make_task([&results, i, size] {
      results[i] += static_cast<int>(i) + 1;
      return size;
    }));
  }
  return tasks;
}

TEST(LookAhead, has_each_task_done_once_when_it_is_taken) {
  for (const unsigned threads : {0U, 1U, 2U, 4U}) {
    std::vector<std::atomic<int>> results(5000);
    const Tasks tasks = numbering(results);
    LookAhead ahead(threads, 8);
    ahead.add_before_others(tasks);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      ahead.take(tasks[i]);
      ASSERT_EQ(results[i], static_cast<int>(i) + 1);
    }
  }
}

TEST(LookAhead, does_a_task_that_was_never_added) {
  std::vector<std::atomic<int>> results(1);
  LookAhead ahead(4, 8);
  ahead.take(numbering(results)[0]);
  EXPECT_EQ(results[0], 1);
}

TEST(LookAhead, helpers_work_before_the_owner_asks_but_not_beyond_the_limit) {
  std::vector<std::atomic<int>> results(100);
  const auto done = [&] {
    return std::count_if(results.begin(), results.end(),
                         [](const std::atomic<int>& result) { return result != 0; });
  };
  LookAhead ahead(2, 10);
  const Tasks tasks = numbering(results, 2);
  ahead.add_before_others(tasks);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (done() < 5 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(done(), 5) << "five of size two fill ten";
  for (const LookAhead::Handle& task : tasks) ahead.take(task);
  EXPECT_EQ(done(), 100);
}

TEST(LookAhead, dropped_tasks_make_room_for_others) {
  std::vector<std::atomic<int>> results(1000);
  LookAhead ahead(3, 4);
  const Tasks tasks = numbering(results);
  ahead.add_before_others(tasks);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (i % 3 == 0) {
      ahead.take(tasks[i]);
    } else {
      ahead.drop(tasks[i]);
    }
  }
  for (std::size_t i = 0; i < tasks.size(); i += 3) EXPECT_EQ(results[i], static_cast<int>(i) + 1);
}

TEST(LookAhead, throws_what_a_task_threw_when_it_is_taken) {
  LookAhead ahead(3, 8);
  const Tasks tasks{LookAhead::make_task([]() -> std::size_t { throw std::out_of_range("first"); }),
                    LookAhead::make_task([]() -> std::size_t { return 1; })};
  ahead.add_before_others(tasks);
  EXPECT_THROW(ahead.take(tasks[0]), std::out_of_range);
  EXPECT_NO_THROW(ahead.take(tasks[1]));
}

TEST(LookAhead, may_go_with_tasks_that_nobody_took) {
  std::vector<std::atomic<int>> results(1000);
  LookAhead ahead(3, 8);
  ahead.add_before_others(numbering(results));
}

TEST(LookAhead, lets_added_tasks_pass_those_that_wait) {
  std::vector<int> order;
  const auto task = [&](int number) {
    return LookAhead::make_task([&order, number]() -> std::size_t {
      order.push_back(number);
      return 1;
    });
  };
  std::atomic<bool> go = false;
  const LookAhead::Handle gate = LookAhead::make_task([&]() -> std::size_t {
    while (!go) std::this_thread::yield();
    return 1;
  });
  LookAhead ahead(2, 100);
  const Tasks late{task(3), task(4)};
  const Tasks early{task(1), task(2)};
  ahead.add_before_others({gate});
  ahead.add_before_others(late);
  ahead.add_before_others(early);
  std::jthread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    go = true;
  });
  ahead.take(gate);
  for (const Tasks& tasks : {early, late}) {
    for (const LookAhead::Handle& handle : tasks) ahead.take(handle);
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace unio::test
