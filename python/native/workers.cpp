#include "native/workers.hpp"

#include <thread>
#include <utility>

namespace unio::python {
namespace {

constexpr std::size_t most_idle = 8;

}  // namespace

Workers::~Workers() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->changed.notify_all();
}

void Workers::start(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    const bool somebody_is_free = state_->idle > state_->waiting.size();
    state_->waiting.push_back(std::move(work));
    state_->changed.notify_one();
    if (somebody_is_free) return;
  }
  std::thread([state = state_] { work_on(state); }).detach();
}

void Workers::work_on(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    if (state->waiting.empty()) {
      if (state->closed || state->idle >= most_idle) return;
      state->idle += 1;
      state->changed.wait(lock, [&] { return state->closed || !state->waiting.empty(); });
      state->idle -= 1;
      continue;
    }
    std::function<void()> work = std::move(state->waiting.front());
    state->waiting.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace unio::python
