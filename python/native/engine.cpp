#include "native/engine.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

/// How often Python may look whether a signal came, and progress is shown.
constexpr std::chrono::milliseconds look_every{50};
/// How long work that was asked to stop is waited for.
constexpr std::chrono::milliseconds ends_within{1000};

/// What the engine tells while it works, for the thread that waits to look at.
class SeenProgress final : public Progress {
 public:
  void begin(std::string_view phase, std::uint64_t total_items, std::uint64_t total_bytes) override {
    *seen_.lock() = {std::string(phase), 0, total_items, 0, total_bytes};
  }
  void expect(std::uint64_t total_items, std::uint64_t total_bytes) override {
    auto seen = seen_.lock();
    seen->total_items = total_items;
    seen->total_bytes = total_bytes;
  }
  void advance(std::uint64_t items, std::uint64_t bytes) override {
    auto seen = seen_.lock();
    seen->items += items;
    seen->bytes += bytes;
  }
  void end() override {}
  void warn(std::string_view line) override { warnings_.lock()->emplace_back(line); }

  void show(const nb::object& progress) {
    const Seen now = *seen_.lock();
    if (now.phase.empty()) return;
    progress.attr("update")(now.phase, now.items, now.total_items, now.bytes, now.total_bytes);
  }

  /// As Python warnings, whose filters may make them exceptions.
  void give_warnings() {
    const std::vector<std::string> warnings = std::move(*warnings_.lock());
    if (warnings.empty()) return;
    const nb::object warn = nb::module_::import_("unio._errors").attr("warn");
    for (const std::string& line : warnings) warn(key_str(line));
  }

 private:
  struct Seen {
    std::string phase;
    std::uint64_t items = 0;
    std::uint64_t total_items = 0;
    std::uint64_t bytes = 0;
    std::uint64_t total_bytes = 0;
  };
  Synchronized<Seen> seen_;
  Synchronized<std::vector<std::string>> warnings_;
};

/// One call of the engine, on a thread of its own. Whoever waits and the thread both hold it: the thread may
/// be the last.
class Call {
 public:
  Call(std::shared_ptr<Engine::Wired> wired, Work work)
      : wired_(std::move(wired)),
        context_(wired_->app.context(seen_, stop_.get_token())),
        work_(std::move(work)) {}

  static std::shared_ptr<Call> start(const std::shared_ptr<Engine::Wired>& wired, Work work) {
    auto call = std::make_shared<Call>(wired, std::move(work));
    wired->workers.start([call] { call->work(); });
    return call;
  }

  /// Whether it has ended, after waiting so long at most.
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, time, [&] { return done_; });
  }
  void stop() { stop_.request_stop(); }
  /// Of work that has ended.
  std::exception_ptr failure() const { return failure_; }
  SeenProgress& seen() { return seen_; }

 private:
  void work() {
    try {
      work_(context_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    work_ = nullptr;
    const std::lock_guard lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }

  std::shared_ptr<Engine::Wired> wired_;
  SeenProgress seen_;
  std::stop_source stop_;
  const Context context_;
  Work work_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::exception_ptr failure_;
};

/// The content of one object, or why it did not come.
class Answer {
 public:
  void arrive(std::exception_ptr failure, std::string content) {
    const std::lock_guard lock(mutex_);
    arrived_ = true;
    failure_ = std::move(failure);
    content_ = std::move(content);
    changed_.notify_all();
  }
  /// Whether it has come, after waiting so long at most.
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return arrived_; });
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_; });
  }
  /// Once it has come.
  std::string take() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(content_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool arrived_ = false;
  std::exception_ptr failure_;
  std::string content_;
};

/// Absent, or the exception that a signal's handler or `look` raised.
template <class Look>
std::exception_ptr look_around(const Look& look) {
  const nb::gil_scoped_acquire with_gil;
  try {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    look();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

Context quick_context(App& app, Progress& progress) {
  return app.context(progress, std::stop_token());
}

}  // namespace

Engine::Wired::Wired(const Variables& variables)
    : owner(::getpid()), app(Environment(variables)), quick(quick_context(app, no_progress)) {}

Engine::~Engine() {
  close();
  delete find_slot();
}

Engine::Slot* Engine::find_slot() const {
  Slot* present = slot_.load();
  return present != nullptr && present->owner == ::getpid() ? present : nullptr;
}

Engine::Slot& Engine::slot() {
  if (Slot* present = find_slot()) return *present;
  auto made = std::make_unique<Slot>();
  Slot* present = slot_.load();
  while (present == nullptr || present->owner != ::getpid()) {
    // What a parent left is not even freed.
    if (slot_.compare_exchange_strong(present, made.get())) return *made.release();
  }
  return *present;
}

std::shared_ptr<Engine::Wired> Engine::wired() {
  auto wired = slot().wired.lock();
  if (!*wired) *wired = std::make_shared<Wired>(variables_);
  return *wired;
}

void Engine::close() {
  Slot* const present = find_slot();
  if (present == nullptr) return;
  // Ended when the lock is free again: it waits for threads.
  const std::shared_ptr<Wired> ended = std::exchange(*present->wired.lock(), nullptr);
}

void run_call(Engine& engine, const nb::object& progress, Work work) {
  std::shared_ptr<Call> call;
  std::exception_ptr failure;
  {
    const nb::gil_scoped_release without_gil;
    call = Call::start(engine.wired(), std::move(work));
    while (!failure && !call->wait_for(look_every)) {
      failure = look_around([&] {
        if (!progress.is_none()) call->seen().show(progress);
      });
    }
    if (failure) {
      call->stop();
      call->wait_for(ends_within);
    } else {
      failure = call->failure();
    }
  }
  if (failure) std::rethrow_exception(failure);
  call->seen().give_warnings();
}

std::string fetch(const std::shared_ptr<Engine::Wired>& wired,
                  const std::function<void(EntryArrived)>& start) {
  const auto answer = std::make_shared<Answer>();
  start([answer](std::exception_ptr failure, std::string content) {
    answer->arrive(std::move(failure), std::move(content));
  });
  std::exception_ptr interrupt;
  while (!interrupt && !answer->wait_for(look_every)) interrupt = look_around([] {});
  if (!interrupt) return answer->take();
  // The store must live until the answer comes.
  wired->workers.start([wired, answer] { answer->wait(); });
  std::rethrow_exception(interrupt);
}

void bind_engine(nb::module_& module) {
  nb::class_<Engine>(module, "Engine")
      .def(nb::init<Engine::Variables>(), nb::arg("variables"))
      .def("close", &Engine::close, nb::call_guard<nb::gil_scoped_release>())
      .def("default_registry", [](Engine& engine) { return engine.wired()->app.default_registry(); })
      .def(
          "url_of",
          [](Engine& engine, const std::string& registry) { return engine.wired()->app.url_of(registry); },
          nb::arg("registry"));
}

}  // namespace unio::python
