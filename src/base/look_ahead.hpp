#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace unio {

/// Pieces of work that one thread, the owner, will need in an order that it knows a little beforehand: other
/// threads do them ahead of it. How much lies done and not yet taken is bounded. All methods are for the
/// owner; the pieces run in any thread. The destructor drops what has not begun and waits for the rest.
class LookAhead {
 public:
  /// Does its work and says how much memory the result takes, in the unit of `limit`.
  using Work = std::function<std::size_t()>;
  class Task;
  using Handle = std::shared_ptr<Task>;

  /// `threads` counts the owner; helpers start when the first tasks are added.
  LookAhead(unsigned threads, std::size_t limit) : threads_(threads), limit_(limit) {}
  ~LookAhead();
  LookAhead(const LookAhead&) = delete;
  LookAhead& operator=(const LookAhead&) = delete;

  /// A task that nobody does before it is added or taken.
  static Handle make_task(Work work);

  /// Puts the tasks, in their order, before all that wait.
  void add_before_others(const std::vector<Handle>& tasks);

  /// Comes back when the task is done: does it, if nobody has begun, or helps with others while it waits.
  /// Throws what the work threw.
  void take(const Handle& task);

  /// The owner does not need the task any more.
  void drop(const Handle& task);

 private:
  void start_helpers();
  void help();
  Handle next_waiting();
  void forget_begun();
  void run(std::unique_lock<std::mutex>& lock, Task& task);
  void leave(Task& task);

  unsigned threads_;
  std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable work_to_do_;
  std::condition_variable task_done_;
  std::deque<Handle> waiting_;
  std::size_t ahead_ = 0;  ///< the sizes of what runs or is done, and not yet taken
  bool closing_ = false;
  std::vector<std::jthread> helpers_;
};

}  // namespace unio
