#include "base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

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
  const ProcessResult result = SystemProcessRunner().run({"sh", "-c", "yes"}, "/", 100'000);
  EXPECT_TRUE(result.cut_off);
  EXPECT_EQ(result.exit_code, 128 + 9);
  EXPECT_FALSE(SystemProcessRunner().run({"printf", "12345"}, "/", 5).cut_off);
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
