#include "engine/git_state.hpp"

#include "unit/engine/capture_fixture.hpp"

namespace unio::test {
namespace {

constexpr std::uint64_t limit = 1 << 20;

class GitStateTest : public CaptureTest {
 protected:
  GitState state(const std::string& folder = "") {
    auto found = find_git_state(path(folder), limit, real());
    EXPECT_TRUE(found);
    return found.value_or(GitState{});
  }
};

TEST_F(GitStateTest, tells_commit_branch_and_a_remote_without_credentials) {
  write_file("a.txt", "1\n");
  const std::string hash = commit();
  git({"remote", "add", "origin", "https://andy:hunter2@host/team/x.git"});
  const GitState found = state();
  EXPECT_EQ(found.commit, hash);
  EXPECT_EQ(found.branch, "main");
  EXPECT_EQ(found.remote, "https://host/team/x.git");
  EXPECT_FALSE(found.dirty);
  EXPECT_EQ(found.patch, "");
  EXPECT_TRUE(found.untracked.empty());
}

TEST_F(GitStateTest, prefers_the_remote_of_the_branch) {
  write_file("a.txt", "1\n");
  commit();
  git({"remote", "add", "origin", "git@host:origin.git"});
  git({"remote", "add", "mine", "git@host:mine.git"});
  EXPECT_EQ(state().remote, "git@host:origin.git");
  git({"config", "branch.main.remote", "mine"});
  EXPECT_EQ(state().remote, "git@host:mine.git");
}

TEST_F(GitStateTest, has_no_branch_when_head_is_detached) {
  write_file("a.txt", "1\n");
  commit();
  git({"checkout", "-q", "--detach"});
  EXPECT_EQ(state().branch, std::nullopt);
}

TEST_F(GitStateTest, has_a_patch_of_the_whole_checkout_that_brings_it_back_whatever_git_is_told) {
  write_file("a/text.txt", "1\n2\n3\n");
  write_file("b/data.bin", std::string("\0\1\2", 3));
  commit();
  for (const char* setting : {"diff.noprefix", "diff.mnemonicPrefix", "diff.relative"})
    git({"config", setting, "true"});
  git({"config", "color.ui", "always"});
  git({"config", "diff.external", "false"});
  write_file("a/text.txt", "1\nzwei\n3\n");
  write_file("b/data.bin", std::string("\0\7\2", 3));
  const GitState found = state("a");
  EXPECT_TRUE(found.dirty);
  ASSERT_TRUE(found.patch);
  git({"stash", "-q"});
  write_file("../patch", *found.patch);
  std::filesystem::rename(path("../patch"), path("patch"));
  git({"apply", "patch"});
  EXPECT_EQ(read_file(path("a/text.txt")), "1\nzwei\n3\n");
  EXPECT_EQ(read_file(path("b/data.bin")), std::string("\0\7\2", 3));
}

TEST_F(GitStateTest, lists_untracked_files_from_the_top_without_ignored_ones) {
  write_file("a/tracked.txt", "1\n");
  write_file(".gitignore", "*.log\n");
  commit();
  write_file("z new\n.txt", "");
  write_file("a/b/new.txt", "");
  write_file("a/x.log", "");
  EXPECT_EQ(state("a").untracked, (std::vector<std::string>{"a/b/new.txt", "z new\n.txt"}));
}

TEST_F(GitStateTest, has_no_patch_that_is_too_large) {
  write_file("a.txt", "1\n");
  commit();
  write_file("a.txt", std::string(2 * limit, 'x'));
  const GitState found = state();
  EXPECT_TRUE(found.dirty);
  EXPECT_EQ(found.patch, std::nullopt);
}

TEST_F(GitStateTest, is_absent_outside_a_checkout_before_its_first_commit_and_without_git) {
  EXPECT_EQ(find_git_state(work_.path(), limit, real()), std::nullopt);
  git({"init", "-q"});
  EXPECT_EQ(find_git_state(work_.path(), limit, real()), std::nullopt);
  processes_.missing = true;
  EXPECT_EQ(find_git_state(work_.path(), limit, context_), std::nullopt);
}

TEST_F(GitStateTest, leaves_the_repository_as_it_was) {
  write_file("a.txt", "1\n");
  commit();
  std::filesystem::last_write_time(path("a.txt"),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const auto index = read_file(path(".git/index"));
  state();
  EXPECT_EQ(read_file(path(".git/index")), index);
}

}  // namespace
}  // namespace unio::test
