#include "workspace/ignore_rules.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <string>

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/tree_walk.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/lowered_rights.hpp"
#include "support/temporary_directory.hpp"
#include "unit/workspace/file_tree.hpp"

namespace unio::test {
namespace {

/// The files below `root` that the rules leave in.
std::set<std::string> kept_files(const std::filesystem::path& root, IgnoreRules rules) {
  std::set<std::string> kept;
  WalkOptions options;
  options.filter = [&](std::string_view path, WalkOptions::Type type) {
    const bool folder = type == WalkOptions::Type::folder;
    return !rules.ignored(path, folder ? IgnoreRules::Kind::folder : IgnoreRules::Kind::file);
  };
  walk_tree(root, options, [&](const WalkItem& item) {
    if (item.kind == WalkItem::Kind::file) kept.emplace(item.path);
  });
  return kept;
}

std::set<std::string> strings(const Json& array) {
  std::set<std::string> texts;
  for (const Json& text : *array.if_array()) texts.insert(*text.if_string());
  return texts;
}

/// Which of `files` are left in when the root has this `.unioignore`.
std::set<std::string> kept_by(std::string_view rules, const std::vector<std::string>& files) {
  const TemporaryDirectory root;
  for (const std::string& file : files) put(root.path() / file, "x");
  put(root.path() / ".unioignore", rules);
  std::set<std::string> kept = kept_files(root.path(), IgnoreRules(root.path(), {}));
  kept.erase(".unioignore");
  return kept;
}

using Names = std::set<std::string>;

TEST(IgnoreRules, leave_out_the_configured_folders_at_any_depth_but_no_file_of_that_name) {
  const TemporaryDirectory root;
  for (const auto* file : {".git/x", "a/node_modules/x", "a/b", "c/.git"}) put(root.path() / file, "x");
  EXPECT_EQ(kept_files(root.path(), IgnoreRules(root.path(), {".git", "node_modules"})),
            (Names{"a/b", "c/.git"}));
}

/// tests/data/make_ignore_goldens.py asked quilt3 itself.
TEST(IgnoreRules, read_quiltignore_as_quilt3_does) {
  std::ifstream goldens(UNIO_TEST_DATA "/quiltignore.jsonl");
  std::size_t cases = 0;
  for (std::string line; std::getline(goldens, line); ++cases) {
    const Json golden = Json::parse(line);
    const TemporaryDirectory root;
    for (const std::string& file : strings(*golden.find("files"))) put(root.path() / file, "x");
    put(root.path() / ".quiltignore", golden.get_string("rules"));
    EXPECT_EQ(kept_files(root.path(), IgnoreRules(root.path(), {})), strings(*golden.find("kept"))) << line;
  }
  EXPECT_GT(cases, 150U);
}

TEST(IgnoreRules, take_what_stands_in_unioignore_line_by_line) {
  EXPECT_EQ(kept_by("# comment\n\n*.tmp\r\n\\#x\n!keep.tmp\n", {"a.tmp", "keep.tmp", "#x", "# comment", "b"}),
            (Names{"keep.tmp", "# comment", "b"}));
  EXPECT_EQ(kept_by("\xEF\xBB\xBF*.tmp", {"a.tmp", "b"}), Names{"b"}) << "a byte order mark";
  EXPECT_EQ(kept_by("a  \nb\\ \n", {"a", "b ", "b"}), Names{"b"}) << "spaces at the end";
  EXPECT_EQ(kept_by("/a\nb/\n", {"a", "c/a", "b/x", "c/b"}), (Names{"c/a", "c/b"})) << "anchors and folders";
}

TEST(IgnoreRules, let_a_deeper_file_speak_last) {
  const TemporaryDirectory root;
  for (const auto* file : {"x.log", "a/x.log", "a/b/x.log", "a/c.txt"}) put(root.path() / file, "x");
  put(root.path() / ".unioignore", "*.log");
  put(root.path() / "a/.unioignore", "!*.log\n/c.txt");
  put(root.path() / "a/b/.unioignore", "*");
  EXPECT_EQ(kept_files(root.path(), IgnoreRules(root.path(), {})),
            (Names{".unioignore", "a/.unioignore", "a/x.log"}));
}

TEST(IgnoreRules, of_the_workspace_speak_of_the_folders_in_it) {
  const TemporaryDirectory root;
  for (const auto* file : {"data/in/x.log", "data/in/y", "data/in/z"}) put(root.path() / file, "x");
  put(root.path() / ".unioignore", "*.log");
  put(root.path() / "data/.unioignore", "/in/z");
  EXPECT_EQ(kept_files(root.path() / "data/in", IgnoreRules(root.path() / "data/in", {}, "data/in")),
            Names{"y"});
  EXPECT_EQ(kept_files(root.path() / "data/in", IgnoreRules(root.path() / "data/in", {})).size(), 3U);
}

TEST(IgnoreRules, read_no_ignore_file_that_is_no_regular_file) {
  const TemporaryDirectory root;
  put(root.path() / "a/x", "x");
  put(root.path() / "rules", "*");
  ASSERT_EQ(::mkfifo((root.path() / ".unioignore").c_str(), 0600), 0);
  std::filesystem::create_symlink("../rules", root.path() / "a/.unioignore");
  std::filesystem::create_directory(root.path() / ".quiltignore");
  EXPECT_EQ(kept_files(root.path(), IgnoreRules(root.path(), {})), (Names{"a/x", "rules"}));
}

TEST(IgnoreRules, are_not_passed_over_when_they_cannot_be_read) {
  const TemporaryDirectory root;
  std::filesystem::permissions(root.path(), std::filesystem::perms::all);
  put(root.path() / ".unioignore", "*");
  std::filesystem::permissions(root.path() / ".unioignore", std::filesystem::perms::none);
  const LoweredRights nobody;
  EXPECT_UNIO_ERROR(IgnoreRules(root.path(), {}), permission_denied);
}

/// Asks `git check-ignore` which of the paths are ignored. Folders end in a slash.
Names ignored_by_git(const std::filesystem::path& root, const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) list += path + '\0';
  put(root / ".git/paths", list);
  const ProcessResult result =
      SystemProcessRunner().run({"sh", "-c", "git check-ignore --no-index --stdin -z < .git/paths"}, root);
  EXPECT_LE(result.exit_code, 1) << result.error_output;
  Names ignored;
  for (std::size_t at = 0; at < result.output.size();) {
    const std::size_t end = result.output.find('\0', at);
    ignored.insert(result.output.substr(at, end - at));
    at = end + 1;
  }
  return ignored;
}

class GitCases {
 public:
  std::string rules() {
    std::string text;
    for (std::uint64_t lines = 1 + below(4); lines > 0; --lines) {
      if (below(4) == 0) text += '!';
      for (std::uint64_t pieces = 1 + below(4); pieces > 0; --pieces) text += pick(pieces_);
      text += '\n';
    }
    return text;
  }
  const std::vector<std::string>& files() const { return files_; }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

  FakeRandom random_{7};
  std::vector<std::string> pieces_{"a",   "b",           "ab",     "x.txt", "/",    "/",    "*",     "**",
                                   "?",   "**/",         "/**",    "[a]",   "[!a]", "[^b]", "[a-c]", "\\",
                                   "\\*", "[[:alpha:]]", "[a/b]",  "*.txt", " ",    "#",    ".",     "[]a]",
                                   "[a",  "é",           "[\\]a]", "!",     "***",  "/a/",  "/b"};
  std::vector<std::string> files_{"a/a",   "a/b/x.txt", "a/b/c/x.txt",  "ab/x.txt", "ab/a/b", "b/a",
                                  "b/b/b", "x.txt",     "c/*",          "c/é",      "c/#",    "c/!a",
                                  "c/ ",   "c/a b",     "c/]",          "c/[a",     "c/\\",   "aé/x",
                                  "c/ab",  "c/abc",     "c/d/a/b/x.txt"};
};

TEST(IgnoreRules, agree_with_git_on_generated_rules) {
  const TemporaryDirectory root;
  ASSERT_EQ(SystemProcessRunner().run({"git", "init", "-q"}, root.path()).exit_code, 0);
  GitCases cases;
  for (const std::string& file : cases.files()) put(root.path() / file, "x");
  const std::vector<std::string> hidden{".git"};
  const Names ours = kept_files(root.path(), IgnoreRules(root.path(), hidden));
  const std::vector<std::string> files(ours.begin(), ours.end());
  std::size_t left_out = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string rules = cases.rules();
    put(root.path() / ".gitignore", rules);
    put(root.path() / ".unioignore", rules);
    Names kept(files.begin(), files.end());
    for (const std::string& path : ignored_by_git(root.path(), files)) kept.erase(path);
    Names found = kept_files(root.path(), IgnoreRules(root.path(), hidden));
    found.erase(".unioignore");
    found.erase(".gitignore");
    ASSERT_EQ(found, kept) << "case " << i << ": " << rules;
    left_out += files.size() - kept.size();
  }
  EXPECT_GT(left_out, 1000U);
}

TEST(LooksLikeSecret, knows_private_keys_and_credential_files) {
  for (const auto* path : {".env", "a/.env.production", "home/.ssh/id_rsa", "id_ed25519", "tls/server.pem",
                           "x.key", "store.p12", "store.jks", ".netrc", ".pgpass", ".aws/credentials",
                           ".npmrc", ".pypirc", "service-account-7.json", "secrets.kdbx"}) {
    EXPECT_TRUE(looks_like_secret(path)) << path;
  }
}

TEST(LooksLikeSecret, leaves_examples_public_keys_and_ordinary_data_alone) {
  for (const auto* path :
       {".env.example", ".env.sample", "x/.env.template", "id_rsa.pub", "credentials/readme.md",
        "table/credentials", "environment.yml", "keys.csv", "monkey", "service-account.md"}) {
    EXPECT_FALSE(looks_like_secret(path)) << path;
  }
}

}  // namespace
}  // namespace unio::test
