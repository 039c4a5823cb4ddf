// What LocalStore promises beyond the contract of every store, within one process.

#include "storage/local_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "base/error.hpp"
#include "support/expect_error.hpp"
#include "unit/storage/local_store_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(LocalStoreTest, is_named_by_a_percent_encoded_url) {
  EXPECT_EQ(LocalStore("/data/my registry/é+#%", random_).url(),
            "file:///data/my%20registry/%C3%A9%2B%23%25");
  EXPECT_EQ(LocalStore("/data/x/", random_).url(), "file:///data/x");
  EXPECT_EQ(LocalStore("/data/y/../x", random_).url(), "file:///data/x");
}

TEST_F(LocalStoreTest, makes_no_folder_until_something_is_written) {
  EXPECT_FALSE(store_.find("k"));
  EXPECT_THAT(keys(), IsEmpty());
  store_.remove("k", Condition::none());
  EXPECT_FALSE(std::filesystem::exists(root_));
  write("k", "x");
  EXPECT_TRUE(std::filesystem::exists(root_));
}

TEST_F(LocalStoreTest, keeps_each_object_in_the_file_that_its_key_names) {
  write("a/b c", "bytes");
  EXPECT_EQ(find_file(root_ / "a/b c"), "bytes");
  write_file("by/hand", "other");
  EXPECT_EQ(read_object(store_, "by/hand"), "other");
}

TEST_F(LocalStoreTest, gives_files_the_mode_that_the_umask_leaves) {
  const mode_t before = ::umask(027);
  write("one", "x");
  const auto batch = store_.batch();
  batch->put("two", as_bytes("x"));
  batch->commit();
  ::umask(before);
  for (const char* name : {"one", "two"}) {
    struct ::stat status {};
    ASSERT_EQ(::stat((root_ / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0640U) << name;
  }
}

TEST_F(LocalStoreTest, refuses_and_hides_its_own_folders) {
  write("k", "x");
  store_.copy("k", "k", Condition::none());
  for (const std::string key : {".unio/tmp/x", ".unio/locks/00", ".unio/locks/a/b"}) {
    EXPECT_UNIO_ERROR(write(key, "x"), invalid_argument) << key;
    EXPECT_UNIO_ERROR(store_.find(key), invalid_argument) << key;
  }
  const auto staged = store_.staging()->stage({});
  staged->append(as_bytes("unfinished"));
  ASSERT_THAT(temporaries(), testing::SizeIs(1));
  EXPECT_THAT(keys(), ElementsAre("k"));
  EXPECT_THAT(keys(".unio/"), IsEmpty());
  EXPECT_THAT(keys(".unio/tmp/"), IsEmpty());
  EXPECT_THAT(keys(".unio/locks/"), IsEmpty());
  EXPECT_THAT(store_.list({.prefix = "", .delimiter = "/", .start = {}}).folders, IsEmpty());
  EXPECT_THAT(store_.list({.prefix = ".unio/", .delimiter = "/", .start = {}}).folders, IsEmpty());
}

TEST_F(LocalStoreTest, refuses_a_file_where_a_folder_is_needed) {
  write("a", "x");
  EXPECT_UNIO_ERROR(write("a/b", "y"), conflict);
  EXPECT_UNIO_ERROR(store_.write("a/b/c", as_bytes("y"), Condition::absent()), conflict);
  EXPECT_FALSE(store_.find("a/b"));
  EXPECT_EQ(read_object(store_, "a"), "x");
  EXPECT_THAT(temporaries(), IsEmpty());
}

TEST_F(LocalStoreTest, refuses_an_object_where_a_folder_is) {
  write("a/b", "x");
  EXPECT_UNIO_ERROR(write("a", "y"), conflict);
  EXPECT_UNIO_ERROR(store_.write("a", as_bytes("y"), Condition::absent()), conflict);
  EXPECT_FALSE(store_.find("a"));
  EXPECT_EQ(read_object(store_, "a/b"), "x");
  const auto batch = store_.batch();
  batch->put("a", as_bytes("y"));
  EXPECT_UNIO_ERROR(batch->commit(), conflict);
}

TEST_F(LocalStoreTest, says_which_object_is_in_the_way) {
  write("a/b", "x");
  try {
    write("a/b/c/d", "y");
    FAIL() << "an object became a folder";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("'a/b/c/d'"));
    EXPECT_THAT(error.message(), HasSubstr("'a/b'"));
  }
}

TEST_F(LocalStoreTest, lets_an_object_stand_where_a_folder_was) {
  write("a/b/c", "x");
  store_.remove("a/b/c", Condition::none());
  write("a", "now an object");
  EXPECT_EQ(read_object(store_, "a"), "now an object");
}

TEST_F(LocalStoreTest, removes_folders_with_their_last_object) {
  write("ns/name/latest", "x");
  write("ns/other", "y");
  store_.remove("ns/name/latest", Condition::none());
  EXPECT_FALSE(std::filesystem::exists(root_ / "ns/name"));
  EXPECT_TRUE(std::filesystem::exists(root_ / "ns"));
}

TEST_F(LocalStoreTest, does_not_take_a_symbolic_link_for_an_object) {
  write_file("../secret", "secret");
  write("k", "x");
  std::filesystem::create_symlink(folder_.path() / "secret", root_ / "link");
  std::filesystem::create_directory_symlink(folder_.path(), root_ / "folder");
  EXPECT_FALSE(store_.find("link"));
  EXPECT_UNIO_ERROR(read_object(store_, "link"), not_found);
  EXPECT_UNIO_ERROR(store_.copy("link", "copy", Condition::none()), not_found);
  EXPECT_THAT(keys(), ElementsAre("k"));
  EXPECT_THAT(store_.list({.prefix = "", .delimiter = "/", .start = {}}).folders, IsEmpty());
}

TEST_F(LocalStoreTest, replaces_a_symbolic_link_and_not_what_it_points_at) {
  write_file("../outside", "untouched");
  write("k", "x");
  std::filesystem::create_symlink(folder_.path() / "outside", root_ / "link");
  write("link", "mine");
  EXPECT_EQ(find_file(folder_.path() / "outside"), "untouched");
  EXPECT_EQ(read_object(store_, "link"), "mine");
}

TEST_F(LocalStoreTest, does_not_wait_for_a_named_pipe) {
  write("k", "x");
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(store_.find("pipe"));
  EXPECT_THAT(keys(), ElementsAre("k"));
}

TEST_F(LocalStoreTest, does_not_list_what_cannot_be_a_key) {
  write("good", "x");
  write_file("\xff\xfe", "a name that is not UTF-8");
  EXPECT_THAT(keys(), ElementsAre("good"));
}

TEST_F(LocalStoreTest, refuses_a_segment_that_no_file_system_takes) {
  const std::string key = "a/" + std::string(256, 'n');
  EXPECT_UNIO_ERROR(write(key, "x"), invalid_argument);
  EXPECT_UNIO_ERROR(store_.find(key), invalid_argument);
}

TEST_F(LocalStoreTest, gives_another_etag_to_other_content_of_the_same_size_at_once) {
  // Inodes are used again at once and times tick slowly, so that a stamp alone would repeat itself.
  for (const std::size_t size : {std::size_t{64}, std::size_t{5000}, std::size_t{100'000}}) {
    std::set<std::string> seen;
    for (int i = 0; i < 64; ++i) {
      std::string content(size, 'x');
      content.replace(0, 2, std::to_string(10 + i));
      seen.insert(write("k", content).etag);
    }
    EXPECT_EQ(seen.size(), 64U) << size;
  }
}

TEST_F(LocalStoreTest, leaves_no_temporary_file_after_any_outcome) {
  write("k", "x");
  EXPECT_UNIO_ERROR(store_.write("k", as_bytes("y"), Condition::absent()), conflict);
  EXPECT_UNIO_ERROR(store_.write("k", as_bytes("y"), Condition::matches("other")), conflict);
  store_.copy("k", "copy", Condition::none());
  store_.staging()->stage({})->append(as_bytes("z"));
  const auto batch = store_.batch();
  batch->put("k", as_bytes("exists"));
  batch->put("new", as_bytes("new"));
  batch->commit();
  store_.batch()->put("never", as_bytes("committed"));
  EXPECT_THAT(temporaries(), IsEmpty());
}

}  // namespace
}  // namespace unio::test
