#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"

namespace unio {
namespace {

struct Pipe {
  File read_end;
  File write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("make a pipe");
  return {File(ends[0], "pipe"), File(ends[1], "pipe")};
}

/// The file actions of posix_spawn, released with the scope.
class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// How often a program that may be stopped is looked at, and how long it has to end by itself.
constexpr std::chrono::milliseconds look_interval{20};
constexpr std::chrono::milliseconds time_to_end{300};

/// What posix_spawn sets of signals, released with the scope: a program takes them as programs do, whatever
/// this one blocks and ignores.
class SpawnSignals {
 public:
  SpawnSignals() {
    ::posix_spawnattr_init(&attributes_);
    ::sigset_t none{}, piped{};
    ::sigemptyset(&none);
    ::sigemptyset(&piped);
    ::sigaddset(&piped, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &piped);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSignals() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnSignals(const SpawnSignals&) = delete;
  SpawnSignals& operator=(const SpawnSignals&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// Reads both pipes until the child has closed them, whichever has something, or until the output is longer
/// than the limit, or it is to stop.
void drain(File& out, File& err, const ProcessOptions& options, ProcessResult& result) {
  const int timeout = options.stop.stop_possible() ? static_cast<int>(look_interval.count()) : -1;
  std::array<File*, 2> files{&out, &err};
  std::array<std::string*, 2> texts{&result.output, &result.error_output};
  std::array<::pollfd, 2> polls{{{out.descriptor(), POLLIN, 0}, {err.descriptor(), POLLIN, 0}}};
  std::array<char, 65536> buffer{};
  while ((polls[0].fd >= 0 || polls[1].fd >= 0) && !options.stop.stop_requested()) {
    if (::poll(polls.data(), polls.size(), timeout) < 0) {
      if (errno == EINTR) continue;  // what it says of the pipes is old
      throw_errno("wait for a program's output");
    }
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      const ssize_t count = ::read(files[i]->descriptor(), buffer.data(), buffer.size());
      if (count > 0) texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) polls[i].fd = -1;
    }
    result.cut_off = result.output.size() > options.output_limit;
    if (result.cut_off) return;
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("wait for a program");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Asks it to end, so that it can clear up; then it is killed.
void end(pid_t process) {
  ::kill(process, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + time_to_end;
  ::siginfo_t info{};
  while (std::chrono::steady_clock::now() < until) {
    if (::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) != 0) break;
    if (info.si_pid == process) return;
    std::this_thread::sleep_for(look_interval);
  }
  ::kill(process, SIGKILL);
}

/// "NAME=value" of each variable.
std::vector<std::string> assignments_of(const Environment& environment) {
  std::vector<std::string> assignments;
  for (const auto& [name, value] : environment.variables()) assignments.push_back(name + "=" + value);
  return assignments;
}

/// As the system takes lists of texts; they must outlive it.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ProcessResult SystemProcessRunner::run(const std::vector<std::string>& command,
                                       const std::filesystem::path& directory,
                                       const ProcessOptions& options) {
  check(!command.empty(), "a command to run");
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  SpawnActions actions;
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(actions.get(), out.write_end.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), err.write_end.descriptor(), STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(actions.get(), directory.c_str());

  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<std::string> assignments =
      options.environment ? assignments_of(*options.environment) : std::vector<std::string>{};
  const std::vector<char*> variables = pointers_to(assignments);
  pid_t process = 0;
  const SpawnSignals signals;
  const int error = ::posix_spawnp(&process, arguments.front(), actions.get(), signals.get(),
                                   arguments.data(), options.environment ? variables.data() : environ);
  if (error != 0) throw error_from_errno(error, fmt::format("run '{}'", command.front()));
  out.write_end.close();
  err.write_end.close();
  ProcessResult result;
  drain(out.read_end, err.read_end, options, result);
  if (result.cut_off) ::kill(process, SIGKILL);
  if (options.stop.stop_requested()) end(process);
  result.exit_code = wait_for(process);
  throw_if_stopped(options.stop);
  return result;
}

}  // namespace unio
