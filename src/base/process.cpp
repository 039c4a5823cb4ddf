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

#include "base/error.hpp"
#include "base/files.hpp"

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

/// Reads both pipes until the child has closed them, whichever has something, or until the output is longer
/// than the limit.
void drain(File& out, File& err, std::uint64_t output_limit, ProcessResult& result) {
  std::array<File*, 2> files{&out, &err};
  std::array<std::string*, 2> texts{&result.output, &result.error_output};
  std::array<::pollfd, 2> polls{{{out.descriptor(), POLLIN, 0}, {err.descriptor(), POLLIN, 0}}};
  std::array<char, 65536> buffer{};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls.data(), polls.size(), -1) < 0) {
      if (errno == EINTR) continue;  // what it says of the pipes is old
      throw_errno("wait for a program's output");
    }
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      const ssize_t count = ::read(files[i]->descriptor(), buffer.data(), buffer.size());
      if (count > 0) texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) polls[i].fd = -1;
    }
    result.cut_off = result.output.size() > output_limit;
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

}  // namespace

ProcessResult SystemProcessRunner::run(const std::vector<std::string>& command,
                                       const std::filesystem::path& directory, std::uint64_t output_limit) {
  check(!command.empty(), "a command to run");
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  SpawnActions actions;
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(actions.get(), out.write_end.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), err.write_end.descriptor(), STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(actions.get(), directory.c_str());

  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t process = 0;
  const int error =
      ::posix_spawnp(&process, arguments.front(), actions.get(), nullptr, arguments.data(), environ);
  if (error != 0) throw error_from_errno(error, fmt::format("run '{}'", command.front()));
  out.write_end.close();
  err.write_end.close();
  ProcessResult result;
  drain(out.read_end, err.read_end, output_limit, result);
  if (result.cut_off) ::kill(process, SIGKILL);
  result.exit_code = wait_for(process);
  return result;
}

}  // namespace unio
