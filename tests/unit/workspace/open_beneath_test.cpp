#include "workspace/open_beneath.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "base/files.hpp"
#include "support/temporary_directory.hpp"
#include "unit/workspace/file_tree.hpp"

namespace unio::test {
namespace {

class OpenBeneathTest : public ::testing::TestWithParam<OpenBeneath> {
 protected:
  OpenBeneathTest() {
    put(root_.path() / "a/b/file", "x");
    std::filesystem::create_symlink("b", root_.path() / "a/link");
    std::filesystem::create_symlink("file", root_.path() / "a/b/link");
    std::filesystem::create_symlink("nowhere", root_.path() / "a/broken");
  }

  /// 0 when it could be opened, else errno.
  int error_of(const std::string& path, int flags) {
    const int descriptor = open_beneath(directory_.descriptor(), path, flags, GetParam());
    if (descriptor < 0) return errno;
    const File file(descriptor, path);
    EXPECT_EQ(::fcntl(descriptor, F_GETFD), FD_CLOEXEC);
    return 0;
  }

  TemporaryDirectory root_;
  File directory_ = File::open_directory(root_.path());
};

TEST_P(OpenBeneathTest, opens_files_and_folders) {
  EXPECT_EQ(error_of("a/b/file", O_RDONLY), 0);
  EXPECT_EQ(error_of("a/b", O_PATH | O_DIRECTORY), 0);
  EXPECT_EQ(error_of("a", O_PATH | O_DIRECTORY), 0);
}

TEST_P(OpenBeneathTest, follows_no_link) {
  for (const auto* path : {"a/link/file", "a/b/link", "a/broken", "a/broken/x"}) {
    EXPECT_EQ(error_of(path, O_RDONLY), ELOOP) << path;
  }
  for (const auto* path : {"a/link", "a/link/x", "a/b/link"}) {
    EXPECT_EQ(error_of(path, O_PATH | O_DIRECTORY), ELOOP) << path;
  }
}

TEST_P(OpenBeneathTest, tells_what_is_missing_from_what_is_no_folder) {
  EXPECT_EQ(error_of("a/none", O_RDONLY), ENOENT);
  EXPECT_EQ(error_of("none/x", O_RDONLY), ENOENT);
  EXPECT_EQ(error_of("a/b/file/x", O_RDONLY), ENOTDIR);
  EXPECT_EQ(error_of("a/b/file", O_PATH | O_DIRECTORY), ENOTDIR);
}

INSTANTIATE_TEST_SUITE_P(Both, OpenBeneathTest,
                         ::testing::Values(OpenBeneath::at_once, OpenBeneath::step_by_step),
                         [](const auto& how) {
                           return how.param == OpenBeneath::at_once ? "at_once" : "step_by_step";
                         });

}  // namespace
}  // namespace unio::test
