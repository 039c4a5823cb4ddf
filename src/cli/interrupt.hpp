#pragma once

#include <signal.h>

#include <stop_token>
#include <thread>

namespace unio {

/// Turns Ctrl-C (and a request to terminate) into a stop request; a second one, or work that does not end
/// within a second, ends the program at once. Signals are received by a thread of its own, so that nothing
/// runs inside a signal handler. Make it before any other thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void wait();

  ::sigset_t signals_{};
  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace unio
