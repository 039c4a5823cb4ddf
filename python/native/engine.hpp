#pragma once

#include <nanobind/nanobind.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "app/app.hpp"
#include "base/progress.hpp"
#include "base/threads.hpp"
#include "engine/entry_reads.hpp"
#include "native/workers.hpp"

namespace unio::python {

namespace nb = nanobind;

/// The wired application under one set of environment variables, made on first use. Thread-safe.
///
/// After a fork the child finds that what is there belongs to its parent, whose threads it does not have: it
/// forgets that, without touching it, and makes its own. The parent goes on undisturbed.
class Engine {
 public:
  using Variables = std::map<std::string, std::string, std::less<>>;
  explicit Engine(Variables variables) : variables_(std::move(variables)) {}
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// What one process has; lives as long as somebody holds it.
  struct Wired {
    explicit Wired(const Variables& variables);

    pid_t owner;
    App app;
    NoProgress no_progress;
    Context quick;  ///< for calls that are over at once
    Workers workers;
  };
  std::shared_ptr<Wired> wired();

  /// Ends threads and connections; they come back on next use.
  void close();

 private:
  /// What belongs to one process, its lock included, which a fork may leave locked for ever.
  struct Slot {
    const pid_t owner = ::getpid();
    Synchronized<std::shared_ptr<Wired>> wired;
  };
  Slot& slot();
  /// Absent where there is none, or only the parent's.
  Slot* find_slot() const;

  const Variables variables_;
  std::atomic<Slot*> slot_ = nullptr;
};

using Work = std::function<void(const Context&)>;

/// Calls `work` on a thread of its own, without the GIL, while this one waits: signals reach their Python
/// handlers meanwhile, and what these raise stops the work. Work that does not end within a second then,
/// because a server does not answer, is left to itself; so `work` must own all that it uses, which must not
/// be Python's.
///
/// `progress` is None or has `update(phase, items, total_items, bytes, total_bytes)`, which is called from
/// here some times a second. Warnings of the engine become Python's.
void run_call(Engine& engine, const nb::object& progress, Work work);

/// The same for work that gives something.
template <class Giving>
auto run(Engine& engine, const nb::object& progress, Giving work) {
  using Result = std::invoke_result_t<Giving, const Context&>;
  if constexpr (std::is_void_v<Result>) {
    run_call(engine, progress, std::move(work));
  } else {
    auto result = std::make_shared<std::optional<Result>>();
    run_call(engine, progress, [work = std::move(work), result](const Context& context) mutable {
      result->emplace(work(context));
    });
    return *std::move(*result);
  }
}

/// Calls `start` and waits for what it begins to fetch, without a thread of its own, since to wake one takes
/// as long as a server nearby does. Called without the GIL; signals as in run_call, and what nobody waits for
/// any more is let go when it comes. `wired` has the store.
std::string fetch(const std::shared_ptr<Engine::Wired>& wired,
                  const std::function<void(EntryArrived)>& start);

void bind_engine(nb::module_& module);

}  // namespace unio::python
