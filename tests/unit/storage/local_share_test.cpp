// Files of a folder store that other programs open: sharing their content, and protecting them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "support/expect_error.hpp"
#include "unit/storage/local_store_fixture.hpp"

namespace unio::test {
namespace {

class LocalShareTest : public LocalStoreTest {
 protected:
  FileStore& files() { return *store_.files(); }

  mode_t rights(const std::string& key) {
    struct ::stat status {};
    EXPECT_EQ(::stat((root_ / key).c_str(), &status), 0) << key;
    return status.st_mode & 0777;
  }
};

TEST_F(LocalShareTest, tells_the_path_of_a_key_and_refuses_other_keys) {
  EXPECT_EQ(files().path("a/b"), root_ / "a/b");
  EXPECT_UNIO_ERROR(files().path("../x"), invalid_argument);
  EXPECT_UNIO_ERROR(files().path(".unio/tmp/x"), invalid_argument);
}

TEST_F(LocalShareTest, makes_another_object_of_the_same_content_that_outlives_the_first) {
  write("a", "content");
  ASSERT_TRUE(files().share("a", "deep/folder/b"));
  EXPECT_EQ(read_object(store_, "deep/folder/b"), "content");
  EXPECT_EQ(rights("deep/folder/b"), 0444U);
  write("a", "other");
  EXPECT_EQ(read_object(store_, "deep/folder/b"), "content");
  store_.remove("a", Condition::none());
  EXPECT_EQ(read_object(store_, "deep/folder/b"), "content");
  EXPECT_THAT(temporaries(), testing::IsEmpty());
}

TEST_F(LocalShareTest, puts_nothing_over_what_stands_there) {
  write("a", "content");
  write("b", "other");
  EXPECT_UNIO_ERROR(files().share("a", "b"), conflict);
  EXPECT_EQ(read_object(store_, "b"), "other");
  EXPECT_UNIO_ERROR(files().share("absent", "c"), not_found);
  EXPECT_THAT(temporaries(), testing::IsEmpty());
}

TEST_F(LocalShareTest, takes_the_right_to_write_and_leaves_the_others) {
  write("a", "content");
  std::filesystem::permissions(root_ / "a", std::filesystem::perms(0750));
  const std::vector<std::string> keys{"a"};
  files().make_read_only(keys);
  EXPECT_EQ(rights("a"), 0550U);
  files().make_read_only(keys);
  EXPECT_EQ(rights("a"), 0550U);
  write("a", "replaced by the store");
  EXPECT_EQ(read_object(store_, "a"), "replaced by the store");
  const std::vector<std::string> absent{"absent"};
  EXPECT_UNIO_ERROR(files().make_read_only(absent), not_found);
}

}  // namespace
}  // namespace unio::test
