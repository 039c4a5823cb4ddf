#include "base/look_ahead.hpp"

#include <system_error>
#include <utility>

namespace unio {

class LookAhead::Task {
 public:
  enum class State { waiting, running, done, gone };

  explicit Task(Work task_work) : work(std::move(task_work)) {}

  Work work;
  State state = State::waiting;
  std::size_t size = 1;
  bool dropped = false;
  std::exception_ptr error;
};

LookAhead::Handle LookAhead::make_task(Work work) {
  return std::make_shared<Task>(std::move(work));
}

LookAhead::~LookAhead() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_to_do_.notify_all();
  helpers_.clear();
}

void LookAhead::add_before_others(const std::vector<Handle>& tasks) {
  if (tasks.empty() || threads_ < 2) return;
  start_helpers();
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.begin(), tasks.begin(), tasks.end());
  }
  work_to_do_.notify_all();
}

void LookAhead::take(const Handle& task) {
  std::unique_lock lock(mutex_);
  forget_begun();
  while (task->state != Task::State::done) {
    Handle next = task->state == Task::State::waiting ? task : next_waiting();
    if (next) {
      run(lock, *next);
    } else {
      task_done_.wait(lock);
    }
  }
  leave(*task);
  if (task->error) std::rethrow_exception(task->error);
}

void LookAhead::drop(const Handle& task) {
  const std::lock_guard lock(mutex_);
  task->dropped = true;
  if (task->state == Task::State::waiting) {
    task->state = Task::State::gone;
    task->work = nullptr;
  }
  if (task->state == Task::State::done) leave(*task);
}

void LookAhead::start_helpers() {
  if (!helpers_.empty()) return;
  try {
    while (helpers_.size() + 1 < threads_) helpers_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {
    // No more threads to be had: those that run, or the owner alone, do all.
    threads_ = static_cast<unsigned>(helpers_.size() + 1);
  }
}

void LookAhead::help() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (const Handle task = next_waiting()) {
      run(lock, *task);
      task_done_.notify_one();
    } else {
      work_to_do_.wait(lock);
    }
  }
}

/// The first task that nobody has begun, unless too much lies ready.
LookAhead::Handle LookAhead::next_waiting() {
  forget_begun();
  if (ahead_ >= limit_ || waiting_.empty()) return nullptr;
  Handle task = std::move(waiting_.front());
  waiting_.pop_front();
  return task;
}

/// What the owner has done itself or dropped still stands in the queue.
void LookAhead::forget_begun() {
  while (!waiting_.empty() && waiting_.front()->state != Task::State::waiting) waiting_.pop_front();
}

void LookAhead::run(std::unique_lock<std::mutex>& lock, Task& task) {
  task.state = Task::State::running;
  ahead_ += task.size;
  lock.unlock();
  std::size_t size = 1;
  try {
    size = task.work();
  } catch (...) {
    task.error = std::current_exception();
  }
  task.work = nullptr;
  lock.lock();
  ahead_ += size - task.size;
  task.size = size;
  task.state = Task::State::done;
  if (task.dropped) leave(task);
}

/// What the task made no longer counts.
void LookAhead::leave(Task& task) {
  const bool was_full = ahead_ >= limit_ / 2;
  task.state = Task::State::gone;
  ahead_ -= task.size;
  // Helpers that stopped at the limit go on when half of it is free, not for every single task.
  if (was_full && ahead_ < limit_ / 2) work_to_do_.notify_all();
}

}  // namespace unio
