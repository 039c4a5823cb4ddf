#include "base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include "base/files.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

ProcessResult run(const std::vector<std::string>& command) {
  return SystemProcessRunner().run(command, "/");
}

TEST(ProcessRunner, gives_both_outputs_and_the_exit_code) {
  const ProcessResult result = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_output, "err\n");
  EXPECT_EQ(result.exit_code, 3);
}

TEST(ProcessRunner, passes_arguments_without_a_shell) {
  EXPECT_EQ(run({"printf", "%s|", "a b", "$HOME", "*", "'\"", ""}).output, "a b|$HOME|*|'\"||");
}

TEST(ProcessRunner, reports_a_signal_as_128_and_its_number) {
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).exit_code, 128 + 9);
}

TEST(ProcessRunner, runs_in_the_folder_that_it_is_given) {
  const TemporaryDirectory folder;
  const ProcessResult result = SystemProcessRunner().run({"pwd"}, folder.path());
  EXPECT_EQ(result.output, std::filesystem::canonical(folder.path()).native() + "\n");
}

TEST(ProcessRunner, says_not_found_for_a_program_that_does_not_exist) {
  EXPECT_UNIO_ERROR(run({"unio-no-such-program"}), not_found);
  EXPECT_UNIO_ERROR(run({"/"}), permission_denied);
}

TEST(ProcessRunner, takes_more_than_a_pipe_holds_from_both_outputs) {
  const ProcessResult result = run({"sh", "-c", "head -c 1000000 /dev/zero >&2; head -c 2000000 /dev/zero"});
  EXPECT_EQ(result.output.size(), 2'000'000U);
  EXPECT_EQ(result.error_output.size(), 1'000'000U);
}

TEST(ProcessRunner, ends_a_program_that_writes_more_than_the_limit) {
  const ProcessResult result = SystemProcessRunner().run({"sh", "-c", "yes"}, "/", {.output_limit = 100'000});
  EXPECT_TRUE(result.cut_off);
  EXPECT_EQ(result.exit_code, 128 + 9);
  EXPECT_FALSE(SystemProcessRunner().run({"printf", "12345"}, "/", {.output_limit = 5}).cut_off);
}

TEST(ProcessRunner, gives_the_program_the_variables_that_it_shall_have) {
  const Environment environment({{"PATH", "/usr/bin:/bin"}, {"A", "x y"}, {"B", ""}});
  const ProcessResult result = SystemProcessRunner().run({"env"}, "/", {.environment = environment});
  EXPECT_EQ(result.output, "A=x y\nB=\nPATH=/usr/bin:/bin\n");
}

TEST(ProcessRunner, ends_a_program_when_it_is_to_stop) {
  const TemporaryDirectory folder;
  for (const std::string script : {"trap 'echo > told; exit 0' TERM; echo > on; while :; do sleep 0.01; done",
                                   "trap '' TERM; echo > on; while :; do sleep 0.01; done"}) {
    std::filesystem::remove(folder.path() / "on");
    std::stop_source stop;
    const std::jthread stopper([&] {
      while (!std::filesystem::exists(folder.path() / "on")) std::this_thread::yield();
      stop.request_stop();
    });
    EXPECT_UNIO_ERROR(
        SystemProcessRunner().run({"sh", "-c", script}, folder.path(), {.stop = stop.get_token()}),
        cancelled);
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "told")) << "it may clear up";
}

TEST(ProcessRunner, lets_the_program_take_signals_whatever_is_blocked_here) {
  ::sigset_t blocked{}, before{};
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  EXPECT_EQ(run({"sh", "-c", "kill -TERM $$; sleep 1; echo alive"}).exit_code, 128 + SIGTERM);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(ProcessRunner, gives_the_program_no_input_to_wait_for) {
  EXPECT_EQ(run({"cat"}).output, "");
}

enum class Count { all, inherited };

/// The descriptors of this process, or those of them that a program started from it keeps.
std::size_t open_files(Count which) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int flags = ::fcntl(std::stoi(entry.path().filename()), F_GETFD);
    if (flags >= 0 && (which == Count::all || (flags & FD_CLOEXEC) == 0)) ++count;
  }
  return count;
}

TEST(ProcessRunner, leaks_no_descriptor_into_the_program_nor_here) {
  const TemporaryDirectory folder;
  const File file = File::create_new(folder.path() / "file");
  const std::size_t before = open_files(Count::all);
  // One more is the folder that `ls` lists.
  const std::string expected = std::to_string(open_files(Count::inherited) + 1) + "\n";
  EXPECT_EQ(run({"sh", "-c", "ls /proc/self/fd | wc -l | tr -d ' '"}).output, expected);
  EXPECT_EQ(open_files(Count::all), before);
}

}  // namespace
}  // namespace unio::test
