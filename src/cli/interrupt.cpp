#include "cli/interrupt.hpp"

#include <pthread.h>

#include <cstdlib>

namespace unio {
namespace {

constexpr int interrupted_exit = 130;

}  // namespace

Interrupt::Interrupt() {
  ::signal(SIGPIPE, SIG_IGN);
  ::sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&signals_, number);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  waiter_ = std::thread([this] { wait(); });
}

Interrupt::~Interrupt() {
  // SIGUSR1 to the waiter says that the program ends.
  ::pthread_kill(waiter_.native_handle(), SIGUSR1);
  waiter_.join();
}

void Interrupt::wait() {
  for (;;) {
    int number = 0;
    if (::sigwait(&signals_, &number) != 0 || number == SIGUSR1) return;
    if (source_.stop_requested()) std::_Exit(interrupted_exit);
    source_.request_stop();
  }
}

}  // namespace unio
