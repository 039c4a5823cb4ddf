#include "base/threads.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "base/progress.hpp"

namespace unio {
namespace {

/// What the threads of one parallel_for share.
struct Loop {
  Loop(std::size_t loop_count, const std::stop_token& loop_stop,
       const std::function<void(std::size_t)>& loop_body)
      : count(loop_count), stop(loop_stop), body(loop_body) {}

  std::size_t count;
  const std::stop_token& stop;
  const std::function<void(std::size_t)>& body;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  Synchronized<std::exception_ptr> first_error;

  void run() {
    try {
      while (!failed) {
        const std::size_t i = next++;
        if (i >= count) return;
        throw_if_stopped(stop);
        body(i);
      }
    } catch (...) {
      failed = true;
      auto error = first_error.lock();
      if (*error == nullptr) *error = std::current_exception();
    }
  }
};

}  // namespace

void parallel_for(std::size_t count, unsigned threads, const std::stop_token& stop,
                  const std::function<void(std::size_t)>& body) {
  Loop loop(count, stop, body);
  {
    std::vector<std::jthread> helpers;
    const std::size_t wanted = std::min<std::size_t>(threads, count);
    try {
      for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back([&loop] { loop.run(); });
    } catch (const std::system_error&) {
      // No more threads to be had: those that run do all the work.
    }
    loop.run();
  }
  if (*loop.first_error.lock() != nullptr) std::rethrow_exception(*loop.first_error.lock());
}

unsigned default_threads() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
    const int count = CPU_COUNT(&cpus);
    if (count > 0) return static_cast<unsigned>(count);
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace unio
