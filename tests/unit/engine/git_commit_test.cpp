#include "engine/git_commit.hpp"

#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

class GitCommit : public EngineTest {
 protected:
  std::optional<std::string> answer(int exit_code, std::string output) {
    processes_.result = {.exit_code = exit_code, .output = std::move(output), .error_output = {}};
    return find_git_commit(folder_.path(), context_);
  }

  std::string git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-c", "user.name=a", "-c", "user.email=a@b"});
    const ProcessResult result = SystemProcessRunner().run(arguments, folder_.path());
    EXPECT_EQ(result.exit_code, 0) << result.error_output;
    return result.output;
  }
};

TEST_F(GitCommit, is_what_git_says) {
  EXPECT_EQ(answer(0, "0123456789012345678901234567890123456789\n"),
            "0123456789012345678901234567890123456789");
}

TEST_F(GitCommit, is_absent_outside_a_checkout_and_without_git) {
  EXPECT_EQ(answer(128, ""), std::nullopt);
  EXPECT_EQ(answer(0, "\n"), std::nullopt);
  processes_.missing = true;
  EXPECT_EQ(answer(0, "0123"), std::nullopt);
}

TEST_F(GitCommit, is_the_whole_hash_whatever_tags_there_are_and_tells_of_changes) {
  SystemProcessRunner processes;
  Context context{stores_,           clock_, random_, environment_, processes, failpoints_, progress_,
                  stop_.get_token(), 1,      "ann",   "here",       {}};
  git({"init", "-q"});
  EXPECT_EQ(find_git_commit(folder_.path(), context), std::nullopt) << "no commit yet";
  git({"commit", "-q", "--allow-empty", "-m", "one"});
  git({"tag", "-a", "v1", "-m", "v1"});
  std::string head = git({"rev-parse", "HEAD"});
  head.pop_back();
  EXPECT_EQ(find_git_commit(folder_.path(), context), head);
  const auto file = File::create_new(folder_.path() / "f");
  git({"add", "f"});
  EXPECT_EQ(find_git_commit(folder_.path(), context), head + "-dirty");
}

}  // namespace
}  // namespace unio::test
