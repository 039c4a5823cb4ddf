#include "workspace/safe_tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"
#include "unit/workspace/file_tree.hpp"

namespace unio::test {
namespace {

namespace fs = std::filesystem;

class SafeTreeTest : public ::testing::Test {
 protected:
  void write(const std::string& key, std::string_view content,
             SafeTree::Overwrite overwrite = SafeTree::Overwrite::no) {
    TemporaryFile file = tree_.temporary();
    file.file().write(as_bytes(content));
    tree_.place(std::move(file), key, overwrite);
  }

  std::string read(const std::string& key) const { return read_file(root() / key); }
  fs::path root() const { return folder_.path() / "root"; }
  fs::path outside() const { return folder_.path() / "outside"; }

  /// Whether nothing at all came to be outside the root.
  bool is_untouched_outside() const {
    return !fs::exists(outside()) || (fs::is_directory(outside()) && fs::is_empty(outside()));
  }

  std::size_t temporaries() const {
    const fs::directory_iterator entries(root() / ".unio/tmp");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  TemporaryDirectory folder_;
  FakeRandom random_;
  SafeTree tree_{root(), random_};
};

TEST_F(SafeTreeTest, puts_finished_files_in_their_places) {
  write("a", "1");
  write("b/c/d", "2");
  write("b/c/e é", "3");
  EXPECT_EQ(read("a") + read("b/c/d") + read("b/c/e é"), "123");
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(SafeTreeTest, lets_a_file_vanish_that_was_not_finished) {
  {
    TemporaryFile file = tree_.temporary();
    file.file().write(as_bytes("half"));
    EXPECT_EQ(temporaries(), 1U);
  }
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(SafeTreeTest, removes_what_killed_processes_left) {
  put(root() / ".unio/tmp/left", "x");
  tree_.remove_leftovers();
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(SafeTreeTest, replaces_a_file_only_when_told_to) {
  write("a/b", "old");
  EXPECT_UNIO_ERROR(write("a/b", "new"), already_exists);
  EXPECT_EQ(read("a/b"), "old");
  write("a/b", "new", SafeTree::Overwrite::yes);
  EXPECT_EQ(read("a/b"), "new");
}

TEST_F(SafeTreeTest, refuses_to_put_a_file_over_a_folder_or_into_a_file) {
  write("folder/x", "x");
  for (const auto overwrite : {SafeTree::Overwrite::no, SafeTree::Overwrite::yes}) {
    EXPECT_UNIO_ERROR(write("folder", "y", overwrite), already_exists);
    EXPECT_UNIO_ERROR(write("folder/x/y", "y", overwrite), already_exists);
    EXPECT_UNIO_ERROR(write("folder/x/y/z", "y", overwrite), already_exists);
  }
  EXPECT_EQ(read("folder/x"), "x");
}

TEST_F(SafeTreeTest, refuses_keys_that_would_leave_the_root) {
  for (const std::string& key :
       {std::string("../outside"), std::string("/outside"), std::string("a/../../outside"), std::string("."),
        std::string(""), std::string("a//b"), std::string("a/"), std::string("a\0b", 3),
        std::string(256, 'x'), std::string("a/" + std::string(5000, 'x'))}) {
    EXPECT_UNIO_ERROR(write(key, "x", SafeTree::Overwrite::yes), invalid_argument) << key;
    EXPECT_UNIO_ERROR(tree_.find(key), invalid_argument) << key;
    EXPECT_UNIO_ERROR(tree_.open(key), invalid_argument) << key;
    EXPECT_UNIO_ERROR(tree_.remove(key), invalid_argument) << key;
    EXPECT_UNIO_ERROR(tree_.move_aside(key, ".unio/trash"), invalid_argument) << key;
  }
  EXPECT_TRUE(is_untouched_outside());
}

TEST_F(SafeTreeTest, refuses_keys_in_the_state_of_the_workspace) {
  put(root() / ".unio/workspace.json", "{}");
  for (const auto* key : {".unio/workspace.json", ".unio", ".unio/tmp/x"}) {
    EXPECT_UNIO_ERROR(write(key, "x", SafeTree::Overwrite::yes), invalid_argument) << key;
    EXPECT_UNIO_ERROR(tree_.remove(key), invalid_argument) << key;
    EXPECT_UNIO_ERROR(tree_.move_aside(key, ".unio/trash"), invalid_argument) << key;
  }
  EXPECT_EQ(read(".unio/workspace.json"), "{}");
  write(".unio2/x", "x");
  write("below/.unio/x", "x");
}

TEST_F(SafeTreeTest, writes_through_no_link_on_the_way) {
  fs::create_directory(outside());
  fs::create_directories(root() / "real");
  fs::create_symlink(outside(), root() / "absolute");
  fs::create_symlink("../outside", root() / "relative");
  fs::create_symlink("../../outside", root() / "real/deep");
  fs::create_symlink("real", root() / "inner");
  put(root() / "real/file", "x");
  for (const auto* key :
       {"absolute/x", "relative/x", "real/deep/x", "real/deep/a/b", "inner/file", "inner/new/x"}) {
    EXPECT_UNIO_ERROR(write(key, "x", SafeTree::Overwrite::yes), permission_denied) << key;
    EXPECT_UNIO_ERROR(tree_.find(key), permission_denied) << key;
    EXPECT_UNIO_ERROR(tree_.open(key), permission_denied) << key;
    EXPECT_UNIO_ERROR(tree_.remove(key), permission_denied) << key;
    EXPECT_UNIO_ERROR(tree_.move_aside(key, ".unio/trash/1"), permission_denied) << key;
  }
  EXPECT_TRUE(is_untouched_outside());
  EXPECT_EQ(read("real/file"), "x");
}

TEST_F(SafeTreeTest, names_the_link_that_is_in_the_way) {
  fs::create_directories(root() / "a");
  fs::create_symlink("/", root() / "a/link");
  try {
    write("a/link/b/c", "x");
    FAIL() << "written through a link";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find((root() / "a/link").native() + "'"), std::string::npos) << error.message();
  }
}

TEST_F(SafeTreeTest, replaces_a_link_at_the_key_and_leaves_its_target_alone) {
  put(outside() / "victim", "untouched");
  fs::create_symlink(outside() / "victim", root() / "x");
  EXPECT_UNIO_ERROR(write("x", "new"), already_exists);
  EXPECT_UNIO_ERROR(tree_.open("x"), permission_denied);
  EXPECT_TRUE(S_ISLNK(tree_.find("x")->st_mode));
  write("x", "new", SafeTree::Overwrite::yes);
  EXPECT_FALSE(fs::is_symlink(root() / "x"));
  EXPECT_EQ(read("x"), "new");
  EXPECT_EQ(read_file(outside() / "victim"), "untouched");
}

TEST_F(SafeTreeTest, removes_and_moves_links_themselves) {
  put(outside() / "victim", "untouched");
  fs::create_symlink(outside() / "victim", root() / "x");
  fs::create_symlink(outside(), root() / "y");
  tree_.remove("x");
  tree_.move_aside("y", ".unio/trash/1");
  EXPECT_TRUE(fs::is_symlink(root() / ".unio/trash/1/y"));
  EXPECT_EQ(read_file(outside() / "victim"), "untouched");
}

TEST_F(SafeTreeTest, does_not_use_a_state_folder_that_is_a_link) {
  fs::remove_all(root() / ".unio");
  fs::create_directory(outside());
  fs::create_symlink(outside(), root() / ".unio");
  EXPECT_UNIO_ERROR(SafeTree(root(), random_), permission_denied);
  EXPECT_TRUE(is_untouched_outside());
}

TEST_F(SafeTreeTest, does_not_follow_a_state_folder_that_is_swapped_while_it_works) {
  TemporaryFile early = tree_.temporary();
  fs::rename(root() / ".unio", root() / "moved");
  fs::create_directories(outside());
  fs::create_symlink(outside(), root() / ".unio");
  TemporaryFile late = tree_.temporary();
  tree_.place(std::move(early), "early", SafeTree::Overwrite::no);
  tree_.place(std::move(late), "late", SafeTree::Overwrite::no);
  EXPECT_UNIO_ERROR(tree_.move_aside("early", ".unio/trash"), permission_denied);
  EXPECT_TRUE(is_untouched_outside());
  EXPECT_TRUE(fs::exists(root() / "early") && fs::exists(root() / "late"));
}

TEST_F(SafeTreeTest, stays_in_the_root_when_a_folder_is_swapped_for_a_link_again_and_again) {
  fs::create_directory(outside());
  fs::create_directory(root() / "a");
  fs::create_symlink(outside(), root() / "link");
  std::jthread swapper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ::renameat2(AT_FDCWD, (root() / "a").c_str(), AT_FDCWD, (root() / "link").c_str(), RENAME_EXCHANGE);
    }
  });
  std::size_t written = 0;
  for (int i = 0; i < 3000; ++i) {
    try {
      write("a/x" + std::to_string(i), "x");
      ++written;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::permission_denied) << error.what();
    }
  }
  swapper.request_stop();
  swapper.join();
  EXPECT_TRUE(is_untouched_outside());
  EXPECT_GT(written, 0U);
}

TEST_F(SafeTreeTest, finds_what_stands_at_a_key) {
  write("a/b", "123");
  EXPECT_EQ(tree_.find("a/b")->st_size, 3);
  EXPECT_TRUE(S_ISDIR(tree_.find("a")->st_mode));
  for (const auto* key : {"x", "x/y", "a/x", "a/b/c", "a/b/c/d"}) EXPECT_FALSE(tree_.find(key)) << key;
}

TEST_F(SafeTreeTest, opens_regular_files_only) {
  write("a", "123");
  EXPECT_EQ(tree_.open("a").status().st_size, 3);
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  fs::create_directory(root() / "folder");
  EXPECT_UNIO_ERROR(tree_.open("pipe"), invalid_argument);
  EXPECT_UNIO_ERROR(tree_.open("folder"), invalid_argument);
  for (const auto* key : {"none", "none/x", "a/x"}) EXPECT_UNIO_ERROR(tree_.open(key), not_found) << key;
}

TEST_F(SafeTreeTest, replaces_a_pipe_without_opening_it) {
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  EXPECT_UNIO_ERROR(write("pipe", "x"), already_exists);
  write("pipe", "x", SafeTree::Overwrite::yes);
  EXPECT_EQ(read("pipe"), "x");
}

TEST_F(SafeTreeTest, removes_files_and_the_folders_that_they_leave_empty) {
  write("a/b/c/d", "x");
  write("a/e", "x");
  tree_.remove("a/b/c/d");
  EXPECT_FALSE(fs::exists(root() / "a/b"));
  EXPECT_TRUE(fs::exists(root() / "a/e"));
  tree_.remove("a/b/c/d");
  tree_.remove("none");
  tree_.remove("a/e/x");
  EXPECT_TRUE(fs::exists(root() / "a/e"));
}

TEST_F(SafeTreeTest, removes_no_folder) {
  fs::create_directory(root() / "a");
  EXPECT_NE(error_name([&] { tree_.remove("a"); }), "no error");
  EXPECT_TRUE(fs::is_directory(root() / "a"));
}

TEST_F(SafeTreeTest, moves_to_the_trash_without_losing_what_is_there) {
  write("a/b", "first");
  tree_.move_aside("a/b", ".unio/trash/1");
  EXPECT_FALSE(fs::exists(root() / "a"));
  EXPECT_EQ(read(".unio/trash/1/a/b"), "first");
  EXPECT_UNIO_ERROR(tree_.move_aside("a/b", ".unio/trash/1"), not_found);
  write("a/b", "second");
  EXPECT_UNIO_ERROR(tree_.move_aside("a/b", ".unio/trash/1"), already_exists);
  EXPECT_EQ(read(".unio/trash/1/a/b") + read("a/b"), "firstsecond");
}

TEST_F(SafeTreeTest, is_used_by_many_threads_at_once) {
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const std::string key = "shared/" + std::to_string(i % 10) + "/" + std::to_string(t);
          try {
            write(key, "x", SafeTree::Overwrite::yes);
            tree_.remove(key);
          } catch (const Error& error) {
            ADD_FAILURE() << error.what();
            ++failed;
          }
        }
      });
    }
  }
  EXPECT_EQ(failed, 0);
  EXPECT_FALSE(fs::exists(root() / "shared"));
}

}  // namespace
}  // namespace unio::test
