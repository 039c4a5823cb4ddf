#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace unio::python {

/// Threads that calls run on. One that is done waits for the next call, since making a thread takes as long
/// as reading a small entry from nearby; a call never waits for a thread, since another may be stuck.
/// Thread-safe.
class Workers {
 public:
  Workers() : state_(std::make_shared<State>()) {}
  /// Lets the idle ones go; what is under way goes on by itself.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void start(std::function<void()> work);

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> waiting;
    std::size_t idle = 0;
    bool closed = false;
  };
  static void work_on(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace unio::python
