#include "workspace/scan.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <string>

#include "support/expect_error.hpp"
#include "support/lowered_rights.hpp"
#include "unit/workspace/scan_fixture.hpp"

namespace unio::test {
namespace {

class ScanTest : public ::testing::Test, public ScanFixture {};

TEST_F(ScanTest, tells_what_changed_since_the_index_was_made) {
  add_folder("data/", "data");
  for (const auto* path : {"data/a", "data/b-b", "data/b/c", "data/gone", "data/same"}) put(path);
  track();
  put("data/a", "longer");
  put("data/b/new");
  remove("data/gone");
  EXPECT_EQ(lines(), (Lines{"suspect data/a", "unchanged data/b/c", "added data/b/new", "unchanged data/b-b",
                            "missing data/gone", "unchanged data/same"}));
}

TEST_F(ScanTest, gives_paths_stamps_and_digests) {
  add_folder("d/", "data");
  put("data/x", "12345");
  StatIndexWriter writer;
  Digest digest;
  digest.value[0] = std::byte{42};
  FakeRandom random;
  for (const auto* key : {"d/lost", "d/x"})
    writer.add({.key = key, .stamp = {}, .digest = digest, .trusted = true});
  writer.publish(workspace().index_path(), {{}, INT64_MAX}, random);
  std::map<std::string, std::size_t> sizes;
  scan([&](const ScanItem& item) {
    EXPECT_EQ(item.digest, digest);
    EXPECT_EQ(item.path, item.key == "d/x" ? (root() / "data/x").native() : "");
    sizes.emplace(item.key, item.stamp.size);
  });
  EXPECT_EQ(sizes, (std::map<std::string, std::size_t>{{"d/lost", 0}, {"d/x", 5}}));
}

TEST_F(ScanTest, takes_the_workspace_itself_but_never_its_state) {
  add_folder("", ".");
  put("a");
  put("b/.unio/workspace.json");
  put("b/x");
  put("x.unio/y");
  put(".unioignore", "*.json");
  EXPECT_EQ(lines(),
            (Lines{"added .unioignore", "added a", "ignored b/.unio", "added b/x", "added x.unio/y"}));
}

TEST_F(ScanTest, takes_the_folder_above_the_workspace_but_never_its_state) {
  add_folder("all/", "..");
  put("a");
  test::put(outside() / "b", "x");
  EXPECT_EQ(lines(), (Lines{"added all/b", "added all/workspace/a"}));
}

TEST_F(ScanTest, reaches_folders_outside_by_relative_and_absolute_paths) {
  add_folder("r/", "../other");
  add_folder("a/", (outside() / "other/").native());
  test::put(outside() / "other/x", "x");
  EXPECT_EQ(lines(), (Lines{"added a/x", "added r/x"}));
}

TEST_F(ScanTest, reports_what_cannot_be_packaged) {
  add_folder("", "data");
  put("data/file");
  std::filesystem::create_directory(root() / "data/empty");
  std::filesystem::create_symlink("file", root() / "data/link");
  std::filesystem::create_symlink("/", root() / "data/to_root");
  ASSERT_EQ(::mkfifo((root() / "data/pipe").c_str(), 0600), 0);
  EXPECT_EQ(lines(),
            (Lines{"empty_folder empty", "added file", "symlink link", "special pipe", "symlink to_root"}));
}

TEST_F(ScanTest, reports_names_that_are_no_keys) {
  add_folder("", "data");
  put("data/b\xff"
      "d");
  put("data/good");
  Lines messages;
  scan([&](const ScanItem& item) { messages.emplace_back(item.message); });
  EXPECT_EQ(messages, (Lines{"its name is not UTF-8", ""}));
}

TEST_F(ScanTest, says_that_what_was_tracked_is_missing_when_the_folder_is) {
  add_folder("data/", "data");
  put("data/a");
  put("data/b/c");
  track();
  remove("data");
  EXPECT_EQ(lines(), (Lines{"missing data/a", "missing data/b/c"}));
}

TEST_F(ScanTest, says_that_a_tracked_file_is_missing_when_something_else_stands_there) {
  add_folder("", "data");
  for (const auto* path : {"data/folder", "data/link", "data/was/folder"}) put(path);
  track();
  for (const auto* path : {"data/folder", "data/link", "data/was"}) remove(path);
  put("data/folder/x");
  put("data/was");
  std::filesystem::create_symlink("/", root() / "data/link");
  EXPECT_EQ(lines(), (Lines{"missing folder", "added folder/x", "symlink link", "missing link", "added was",
                            "missing was/folder"}));
}

TEST_F(ScanTest, does_not_call_missing_what_nobody_may_see) {
  add_folder("", "data");
  for (const auto* path : {"data/a", "data/locked/x", "data/z"}) put(path);
  track();
  std::filesystem::permissions(outside(), std::filesystem::perms::all);
  std::filesystem::permissions(root() / "data/locked", std::filesystem::perms::none);
  std::filesystem::permissions(workspace().index_path(), std::filesystem::perms::all);
  {
    const LoweredRights nobody;
    EXPECT_EQ(lines(), (Lines{"unchanged a", "unreadable locked", "unchanged z"}));
  }
  std::filesystem::permissions(root() / "data/locked", std::filesystem::perms::all);
  std::filesystem::permissions(root() / "data", std::filesystem::perms::none);
  {
    const LoweredRights nobody;
    EXPECT_EQ(lines(), Lines{"unreadable "});
  }
  std::filesystem::permissions(root() / "data", std::filesystem::perms::all);
}

TEST_F(ScanTest, calls_no_folder_missing_that_is_a_file_now) {
  add_folder("data/", "data");
  put("data/a");
  track();
  remove("data");
  put("data");
  EXPECT_EQ(lines(), Lines{"missing data/a"});
}

TEST_F(ScanTest, lets_the_errors_of_the_visitor_through) {
  add_folder("", "data");
  put("data/a");
  for (const ErrorCode code : {ErrorCode::not_found, ErrorCode::permission_denied, ErrorCode::cancelled}) {
    EXPECT_EQ(error_name([&] { scan([&](const ScanItem&) { throw Error(code, "a test"); }); }),
              info(code).name);
  }
}

TEST_F(ScanTest, leaves_out_what_was_taken_out) {
  add_folder("d/", "data");
  sources().front().excluded = {"d/a/", "d/b/x", "d/c"};
  for (const auto* path : {"data/a/x", "data/b/x", "data/b/y", "data/c", "data/c2"}) put(path);
  EXPECT_EQ(lines(), (Lines{"added d/b/y", "added d/c2"}));
}

TEST_F(ScanTest, says_nothing_of_tracked_keys_that_no_source_feeds) {
  add_folder("d/", "data");
  put("data/a/x");
  put("data/b");
  track();
  sources().front().excluded = {"d/a/"};
  EXPECT_EQ(lines(), Lines{"unchanged d/b"});
  sources().clear();
  EXPECT_EQ(lines(), Lines{});
}

TEST_F(ScanTest, calls_new_files_beside_installed_ones_unknown) {
  sources().push_back({.kind = Source::Kind::installed, .key = "", .path = "."});
  put("a");
  track();
  put("b");
  EXPECT_EQ(lines(), (Lines{"unchanged a", "unknown b"}));
  // One that was added is found twice: as itself and beside the installed ones.
  sources().push_back({.kind = Source::Kind::file, .key = "b", .path = "b"});
  EXPECT_EQ(lines(), (Lines{"unchanged a", "added b"}));
}

TEST_F(ScanTest, keeps_what_is_tracked_and_ignored_but_nothing_new_beside_it) {
  add_folder("", "data");
  for (const auto* path : {"data/log/a", "data/log/deep/b", "data/x.tmp", ".keep"}) put(path);
  track();
  put("data/.unioignore", "log/\n*.tmp\n");
  for (const auto* path : {"data/log/new", "data/log/other/new", "data/y.tmp"}) put(path);
  const Lines expected{"added .unioignore", "unchanged log/a", "unchanged log/deep/b", "ignored log/new",
                       "ignored log/other", "unchanged x.tmp", "ignored y.tmp"};
  EXPECT_EQ(lines(), expected);
  // The same when the folder lies in that of another source.
  add_folder("", "nothing");
  std::swap(sources()[0], sources()[1]);
  EXPECT_EQ(lines(), expected);
}

TEST_F(ScanTest, heeds_the_rules_of_the_workspace_in_each_of_its_folders) {
  add_folder("data/", "data");
  put(".unioignore", "*.tmp");
  put("data/x.tmp");
  put("data/y");
  EXPECT_EQ(lines(), (Lines{"ignored data/x.tmp", "added data/y"}));
}

TEST_F(ScanTest, lets_a_file_take_the_place_of_one_in_a_folder) {
  add_folder("d/", "data");
  put("data/a", "1");
  put("data/b", "1");
  put("better", "22");
  sources().push_back({.kind = Source::Kind::file, .key = "d/a", .path = "better", .overrides = true});
  std::map<std::string, std::string> paths;
  scan([&](const ScanItem& item) { paths.emplace(item.key, item.path); });
  EXPECT_EQ(paths, (std::map<std::string, std::string>{{"d/a", (root() / "better").native()},
                                                       {"d/b", (root() / "data/b").native()}}));
  remove("better");
  EXPECT_EQ(lines(), (Lines{"missing d/a", "added d/b"})) << "the other file does not come back by itself";
}

TEST_F(ScanTest, says_that_a_file_which_was_added_is_missing_even_when_it_was_never_tracked) {
  sources().push_back({.kind = Source::Kind::file, .key = "a", .path = "a"});
  EXPECT_EQ(lines(), Lines{"missing a"});
}

TEST_F(ScanTest, names_both_files_that_claim_one_key) {
  add_folder("d/", "one");
  add_folder("d/", "two");
  for (const auto* path : {"one/a", "one/x", "two/b", "two/x"}) put(path);
  try {
    lines();
    FAIL() << "no collision";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::already_exists);
    EXPECT_NE(error.message().find((root() / "one/x").native()), std::string::npos) << error.message();
    EXPECT_NE(error.message().find((root() / "two/x").native()), std::string::npos) << error.message();
  }
  sources().back().overrides = true;
  EXPECT_EQ(lines(), (Lines{"added d/a", "added d/b", "added d/x"}));
}

TEST_F(ScanTest, does_not_see_a_collision_where_one_file_is_found_twice) {
  add_folder("", ".");
  add_folder("data/", "data");
  put("data/x");
  EXPECT_EQ(lines(), Lines{"added data/x"});
}

TEST_F(ScanTest, stops_when_the_user_says_so) {
  add_folder("", "data");
  for (int i = 0; i < 2000; ++i) put("data/" + std::to_string(i));
  std::stop_source stop;
  ScanOptions options;
  options.stop = stop.get_token();
  EXPECT_UNIO_ERROR(
      scan_sources(workspace(), StatIndex(), options, [&](const ScanItem&) { stop.request_stop(); }),
      cancelled);
}

}  // namespace
}  // namespace unio::test
