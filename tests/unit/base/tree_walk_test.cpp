#include "base/tree_walk.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/expect_error.hpp"
#include "support/lowered_rights.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string letter(WalkItem::Kind kind) {
  switch (kind) {
    case WalkItem::Kind::file:
      return "file";
    case WalkItem::Kind::symlink:
      return "symlink";
    case WalkItem::Kind::special:
      return "special";
    case WalkItem::Kind::empty_folder:
      return "empty";
    case WalkItem::Kind::unreadable:
      return "unreadable";
    case WalkItem::Kind::skipped:
      return "skipped";
  }
  return {};
}

/// "kind path" for each item, with the errno of what is unreadable behind it.
std::vector<std::string> walk(const std::filesystem::path& root, const WalkOptions& options = {}) {
  std::vector<std::string> lines;
  walk_tree(root, options, [&](const WalkItem& item) {
    lines.push_back(letter(item.kind) + " " + std::string(item.path));
    if (item.error != 0) lines.back() += " " + std::to_string(item.error);
  });
  return lines;
}

/// The order that the model gives paths: by segments, each by bytes.
bool in_tree_order(std::string_view left, std::string_view right) {
  const auto key = [](std::string_view path) {
    std::string text(path);
    std::replace(text.begin(), text.end(), '/', '\0');
    return text;
  };
  return key(left) < key(right);
}

class TreeWalk : public testing::Test {
 protected:
  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  void folder(const std::string& name) { std::filesystem::create_directories(at(name)); }
  void file(const std::string& name, std::string_view content = {}) {
    std::filesystem::create_directories(at(name).parent_path());
    std::ofstream(at(name)) << content;
  }

  TemporaryDirectory folder_;
};

TEST_F(TreeWalk, gives_names_by_bytes_and_content_where_its_folder_stands) {
  for (const char* name : {"a/z", "a-b", "a.txt", "a/b/c", "B", "é", "a b", "a/-", "z/.hidden", ".first/x"})
    file(name);
  EXPECT_THAT(walk(folder_.path()),
              ElementsAre("file .first/x", "file B", "file a/-", "file a/b/c", "file a/z", "file a b",
                          "file a-b", "file a.txt", "file z/.hidden", "file é"));
}

TEST_F(TreeWalk, gives_the_stamps_of_files) {
  file("folder/file", "12345");
  struct ::stat status {};
  ASSERT_EQ(::stat(at("folder/file").c_str(), &status), 0);
  int files = 0;
  walk_tree(folder_.path(), {}, [&](const WalkItem& item) {
    ++files;
    EXPECT_EQ(item.stamp, stamp_of(status));
    EXPECT_EQ(item.stamp.size, 5U);
  });
  EXPECT_EQ(files, 1);
}

TEST_F(TreeWalk, never_follows_a_symlink) {
  file("folder/file");
  std::filesystem::create_directory_symlink("..", at("folder/loop"));
  std::filesystem::create_directory_symlink("loop-to-itself", at("loop-to-itself"));
  std::filesystem::create_symlink("folder/file", at("to-file"));
  std::filesystem::create_symlink("nowhere", at("to-nothing"));
  EXPECT_THAT(walk(folder_.path()),
              ElementsAre("file folder/file", "symlink folder/loop", "symlink loop-to-itself",
                          "symlink to-file", "symlink to-nothing"));
}

TEST_F(TreeWalk, tells_special_files_and_empty_folders) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  folder("full/empty/");
  file("full/x");
  EXPECT_THAT(walk(folder_.path()), ElementsAre("empty full/empty", "file full/x", "special pipe"));
}

TEST_F(TreeWalk, says_nothing_of_an_empty_root) {
  EXPECT_THAT(walk(folder_.path()), IsEmpty());
}

TEST_F(TreeWalk, reports_what_it_may_not_read_and_goes_on) {
  file("closed/x");
  file("names-only/x");
  file("open/x");
  ASSERT_EQ(::chmod(at("closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod(at("names-only").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const std::string denied = " " + std::to_string(EACCES);
  {
    const LoweredRights lowered;
    EXPECT_THAT(walk(folder_.path()),
                ElementsAre("unreadable closed" + denied, "unreadable names-only/x" + denied, "file open/x"));
  }
  ASSERT_EQ(::chmod(at("closed").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(at("names-only").c_str(), 0700), 0);
}

TEST_F(TreeWalk, throws_for_a_root_that_is_not_there_or_no_folder) {
  file("file");
  EXPECT_UNIO_ERROR(walk(at("none")), not_found);
  EXPECT_UNIO_ERROR(walk(at("file")), not_found);
}

TEST_F(TreeWalk, keeps_names_that_are_not_utf8) {
  file("a\xFF/b\x80");
  EXPECT_THAT(walk(folder_.path()), ElementsAre("file a\xFF/b\x80"));
}

TEST_F(TreeWalk, skips_what_the_filter_refuses) {
  for (const char* name : {"keep/x", "keep/y", "leave/deep/x", "only/no", "z"}) file(name);
  WalkOptions options;
  options.filter = [](std::string_view path, WalkOptions::Type type) {
    if (type == WalkOptions::Type::folder) return path != "leave";
    return path != "keep/y" && path != "only/no";
  };
  EXPECT_THAT(walk(folder_.path(), options), ElementsAre("file keep/x", "skipped keep/y", "skipped leave",
                                                         "skipped only/no", "empty only", "file z"));
}

TEST_F(TreeWalk, asks_the_filter_in_the_order_of_the_walk) {
  for (const char* name : {"a/1", "a/b/2", "a/c", "d/3", "e"}) file(name);
  std::vector<std::string> asked;
  WalkOptions options;
  options.filter = [&](std::string_view path, WalkOptions::Type) {
    asked.push_back("ask " + std::string(path));
    return true;
  };
  walk_tree(folder_.path(), options,
            [&](const WalkItem& item) { asked.push_back("see " + std::string(item.path)); });
  EXPECT_THAT(asked, ElementsAre("ask a", "ask a/1", "see a/1", "ask a/b", "ask a/b/2", "see a/b/2",
                                 "ask a/c", "see a/c", "ask d", "ask d/3", "see d/3", "ask e", "see e"));
}

TEST_F(TreeWalk, is_the_same_with_any_number_of_threads) {
  // A folder of several parts, and many small ones.
  for (int i = 0; i < 2500; ++i) file("large/" + std::to_string(i * 7919 % 10007));
  for (int i = 0; i < 300; ++i) file("large/s" + std::to_string(i) + "/x");
  for (int i = 0; i < 300; ++i) file("small/" + std::to_string(i % 60) + "/" + std::to_string(i) + "/x");
  WalkOptions options;
  options.filter = [](std::string_view path, WalkOptions::Type) {
    return path.find('3') == std::string_view::npos;
  };
  options.threads = 1;
  const std::vector<std::string> alone = walk(folder_.path(), options);
  EXPECT_GT(alone.size(), 2500U);
  for (const unsigned threads : {0U, 2U, 4U, 100U}) {
    options.threads = threads;
    EXPECT_EQ(walk(folder_.path(), options), alone);
  }
}

TEST_F(TreeWalk, stops_when_asked) {
  for (int i = 0; i < 1000; ++i) file("folder/" + std::to_string(i));
  std::stop_source stop;
  WalkOptions options;
  options.stop = stop.get_token();
  int seen = 0;
  EXPECT_UNIO_ERROR(walk_tree(folder_.path(), options,
                              [&](const WalkItem&) {
                                ++seen;
                                stop.request_stop();
                              }),
                    cancelled);
  EXPECT_LT(seen, 1000);
}

TEST_F(TreeWalk, lets_an_exception_of_the_visitor_through) {
  for (int i = 0; i < 50; ++i) file(std::to_string(i) + "/x");
  EXPECT_THROW(walk_tree(folder_.path(), {}, [](const WalkItem&) { throw std::out_of_range("enough"); }),
               std::out_of_range);
}

TEST_F(TreeWalk, survives_files_that_go_away_under_it) {
  for (int i = 0; i < 100; ++i) file("f" + std::to_string(i) + "/x");
  int seen = 0;
  walk_tree(folder_.path(), {}, [&](const WalkItem& item) {
    ++seen;
    if (item.path == "f0/x") {
      for (int i = 1; i < 100; ++i) std::filesystem::remove_all(at("f" + std::to_string(i)));
    }
    EXPECT_NE(item.kind, WalkItem::Kind::unreadable) << item.path;
  });
  EXPECT_GE(seen, 1);
}

TEST_F(TreeWalk, opens_a_bounded_number_of_folders_at_once) {
  for (int i = 0; i < 400; ++i) file(std::to_string(i) + "/a/b/x");
  struct ::rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  struct ::rlimit few = before;
  few.rlim_cur = 150;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const std::vector<std::string> seen = walk(folder_.path());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(seen.size(), 400U);
  EXPECT_TRUE(std::all_of(seen.begin(), seen.end(),
                          [](const std::string& line) { return line.starts_with("file "); }));
}

RC_GTEST_PROP(TreeWalkOrder, is_the_tree_order_of_the_paths, ()) {
  const auto segment = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab-.~Z0 \xC3")));
  constexpr int small = 12;
  const auto paths = *rc::gen::resize(small, rc::gen::container<std::vector<std::vector<std::string>>>(
                                                 rc::gen::container<std::vector<std::string>>(segment)));
  const TemporaryDirectory folder;
  std::vector<std::string> expected;
  for (const std::vector<std::string>& segments : paths) {
    std::filesystem::path path;
    for (const std::string& name : segments) path /= "x" + name;
    if (path.empty()) continue;
    std::error_code failed;  // where a file stands in the way of a folder, or the other way round
    std::filesystem::create_directories((folder.path() / path).parent_path(), failed);
    if (failed || std::filesystem::exists(folder.path() / path)) continue;
    std::ofstream(folder.path() / path).put('x');
    expected.push_back(path);
  }
  std::sort(expected.begin(), expected.end(), in_tree_order);
  std::vector<std::string> seen;
  walk_tree(folder.path(), {}, [&](const WalkItem& item) { seen.emplace_back(item.path); });
  RC_ASSERT(seen == expected);
}

}  // namespace
}  // namespace unio::test
