#include "model/recorded_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unio::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string commit(40, 'a');
const std::string sha256(64, 'b');

std::vector<std::string> accepted(std::string_view freeze) {
  std::vector<std::string> lines;
  for (const Requirement& requirement : read_requirements(freeze).accepted) lines.push_back(requirement.line);
  return lines;
}

std::string why_not(std::string_view line) {
  const Requirements found = read_requirements(line);
  return found.left_out.size() == 1 && found.accepted.empty() ? found.left_out[0].why : "accepted";
}

TEST(Requirements, takes_what_pip_freeze_writes) {
  EXPECT_THAT(accepted("# a comment\n\nnumpy==1.26.4\r\nodd===2017-x\nlocal==1!2.0.post1+cpu\n"),
              ElementsAre("numpy==1.26.4", "odd===2017-x", "local==1!2.0.post1+cpu"));
  const std::string wheel = "a @ https://host/a-1-py3-none-any.whl#sha256=" + sha256;
  const std::string git = "b.c @ git+ssh://git@host/b.git@" + commit + "#subdirectory=sub/dir";
  EXPECT_THAT(accepted(wheel + "\n" + git), ElementsAre(wheel, git));
}

TEST(Requirements, takes_editable_packages_of_git_as_those_of_their_commit) {
  EXPECT_THAT(accepted("-e git+https://host/x.git@" + commit + "#egg=my_x&subdirectory=py"),
              ElementsAre("my_x @ git+https://host/x.git@" + commit + "#subdirectory=py"));
}

TEST(Requirements, tells_which_are_installed_from_this_machine) {
  const auto found = read_requirements("a @ file:///tmp/a%20b.whl#sha256=" + sha256).accepted;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "/tmp/a b.whl");
  EXPECT_EQ(read_requirements("b @ git+file:///srv/b@" + commit).accepted.at(0).path, "/srv/b");
}

TEST(Requirements, leaves_out_every_option_and_says_so) {
  for (const std::string_view line :
       {"--index-url https://evil/", "-i https://evil/", "--extra-index-url=https://evil", "-r /etc/passwd",
        "--find-links /tmp", "-f /tmp", "--trusted-host evil", "--no-binary :all:", "-c x", "--pre", "-"}) {
    EXPECT_EQ(why_not(line), "it is an option of pip") << line;
  }
  EXPECT_EQ(why_not("-e /home/andy/work"), "it is a folder of the machine that recorded it");
  EXPECT_EQ(why_not("-e git+file:///x#egg=y"), "it names no place that it can be installed from");
  EXPECT_EQ(why_not("x @ file:///home/andy/work"), "it is a folder of the machine that recorded it");
}

TEST(Requirements, leaves_out_what_is_masked_and_what_asks_for_a_variable) {
  EXPECT_EQ(why_not("x @ https://<masked>@host/x.whl"), "a secret in it was masked");
  EXPECT_EQ(why_not("x @ https://evil/${AWS_SECRET_ACCESS_KEY}/x.whl"), "it asks for a variable");
}

TEST(Requirements, leaves_out_what_only_looks_like_one) {
  for (const std::string& line :
       {std::string("numpy"),
        std::string("numpy>=1"),
        std::string("numpy==1 --hash=sha256:x"),
        std::string("numpy==1;python_version<'3'"),
        std::string("numpy==1\\"),
        std::string("a b==1"),
        std::string("-x==1"),
        std::string("x==--pre y"),
        std::string("x==1#y"),
        std::string("./x==1"),
        std::string("https://evil/x.whl"),
        std::string("x @ ext::sh -c evil"),
        std::string("x @ /tmp/x.whl"),
        std::string("x @ git+https://host/x.git@--upload-pack"),
        std::string("x @ git+https://host/x.git@main"),
        std::string("x @ git+https://-oProxyCommand=evil/x.git@") + commit,
        std::string("x @ hg+https://host/x@--config=hooks"),
        std::string("x @ https://h/x.whl#sha256=zz"),
        std::string("x @ git+https://host/x.git@") + commit + "#subdirectory=../../y",
        std::string("x @ https://h/x.whl#egg=a&evil=b"),
        std::string("x[extra]==1"),
        std::string("ünï==1"),
        std::string(5000, 'a') + "==1"}) {
    EXPECT_NE(why_not(line), "accepted") << line;
  }
}

TEST(Requirements, are_made_of_a_name_and_a_version) {
  EXPECT_EQ(find_pinned_requirement("a-b", "1.0")->line, "a-b==1.0");
  EXPECT_EQ(find_pinned_requirement("a-b", "odd")->line, "a-b===odd");
  EXPECT_FALSE(find_pinned_requirement("--pre", "1.0"));
  EXPECT_FALSE(find_pinned_requirement("a", "1.0 --pre"));
  EXPECT_FALSE(find_pinned_requirement("a", ""));
}

TEST(GitRemote, is_plain_when_it_can_be_nothing_but_a_place) {
  for (const std::string_view good :
       {"https://host/x.git", "http://host:8080/x", "ssh://git@host:22/x", "git://host/x",
        "file:///srv/x.git", "/srv/x.git", "git@github.com:team/x.git", "host:x"}) {
    EXPECT_TRUE(is_plain_git_remote(good)) << good;
  }
  for (const std::string_view bad :
       {"", "ext::sh -c evil", "ext::sh", "fd::17", "-u", "--upload-pack=evil", "ssh://-oProxyCommand=evil/x",
        "ssh://a@-oProxyCommand=evil/x", "-oProxyCommand=evil:x", "a@-oevil:x", "../x", "x", "https://",
        "https://<masked>@host/x", "/srv/a b", "javascript://x", "/x\n-y", "host://x"}) {
    EXPECT_FALSE(is_plain_git_remote(bad)) << bad;
  }
}

TEST(GitCommit, is_a_whole_hash) {
  EXPECT_TRUE(is_git_commit(commit));
  EXPECT_TRUE(is_git_commit(sha256));
  for (const std::string_view bad : {"", "abc", "main", "--help", "HEAD"}) EXPECT_FALSE(is_git_commit(bad));
  EXPECT_FALSE(is_git_commit(std::string(39, 'a') + "-"));
}

TEST(PythonVersion, tells_its_minor_version) {
  EXPECT_EQ(find_minor_version("3.11.7"), "3.11");
  EXPECT_EQ(find_minor_version("3.13"), "3.13");
  EXPECT_EQ(find_minor_version("3.13.0rc1"), "3.13");
  for (const std::string_view bad :
       {"", "3", "three", "3.", ".11", "3.x", "/bin/sh.1", "3.11-evil", "3.123456.1"})
    EXPECT_FALSE(find_minor_version(bad)) << bad;
}

}  // namespace
}  // namespace unio::test
