#include "cli/interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string_view>

namespace unio {
namespace {

constexpr int interrupted_exit = 130;
/// How long the work may take to end by itself: a flush of much data cannot be stopped, and need not be
/// waited for, since an operation that dies is simply run again.
constexpr ::timespec grace{.tv_sec = 0, .tv_nsec = 800'000'000};

[[noreturn]] void end_now() {
  constexpr std::string_view said = "\nerror: interrupted\nhint: run the command again to go on\n";
  static_cast<void>(!::write(STDERR_FILENO, said.data(), said.size()));
  std::_Exit(interrupted_exit);
}

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
  int number = 0;
  if (::sigwait(&signals_, &number) != 0 || number == SIGUSR1) return;
  source_.request_stop();
  // A second signal, or no end in time.
  if (::sigtimedwait(&signals_, nullptr, &grace) != SIGUSR1) end_now();
}

}  // namespace unio
