#include "base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/lowered_rights.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

class Files : public testing::Test {
 protected:
  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  void put(const std::string& name, std::string_view content) {
    File::create_new(at(name)).write(as_bytes(content));
  }
  std::size_t count() const {
    const std::filesystem::directory_iterator entries(folder_.path());
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  TemporaryDirectory folder_;
  FakeRandom random_;
};

TEST_F(Files, are_read_whole_up_to_the_limit) {
  put("file", "12345");
  put("empty", "");
  EXPECT_EQ(read_file(at("file")), "12345");
  EXPECT_EQ(read_file(at("file"), 5), "12345");
  EXPECT_EQ(read_file(at("empty")), "");
  EXPECT_UNIO_ERROR(read_file(at("file"), 4), invalid_argument);
  // The kernel says that these are empty.
  EXPECT_GT(read_file("/proc/self/maps").size(), 1000U);
  EXPECT_UNIO_ERROR(read_file("/proc/self/maps", 100), invalid_argument);
}

TEST_F(Files, that_are_not_there_are_absent_or_not_found) {
  put("file", "x");
  EXPECT_UNIO_ERROR(read_file(at("none")), not_found);
  EXPECT_EQ(find_file(at("none")), std::nullopt);
  EXPECT_EQ(find_file(at("none/none")), std::nullopt);
  EXPECT_EQ(find_file(at("file/none")), std::nullopt);
  EXPECT_EQ(find_file(at("file")), "x");
}

TEST_F(Files, errors_name_the_file_and_have_the_right_code) {
  put("file", "x");
  std::filesystem::create_directory(at("folder"));
  EXPECT_UNIO_ERROR(File::create_new(at("file")), already_exists);
  EXPECT_UNIO_ERROR(File::open_directory(at("file")), not_found);
  EXPECT_UNIO_ERROR(read_file(at("folder")), invalid_argument);
  EXPECT_UNIO_ERROR(find_file(at("folder")), invalid_argument);
  EXPECT_UNIO_ERROR(File::open_for_reading("/dev/full").write(as_bytes("x")), unavailable);
  EXPECT_UNIO_ERROR(File(::open("/dev/full", O_WRONLY), "full").write(as_bytes("x")), no_space);
  try {
    read_file(at("none"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "read '" + at("none").native() + "': no such file or directory");
  }
}

TEST_F(Files, without_rights_are_permission_denied) {
  put("file", "x");
  ASSERT_EQ(::chmod(at("file").c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  {
    const LoweredRights lowered;
    EXPECT_UNIO_ERROR(read_file(at("file")), permission_denied);
    EXPECT_UNIO_ERROR(find_file(at("file")), permission_denied);
    EXPECT_UNIO_ERROR(replace_file(at("new"), {}, random_), permission_denied);
  }
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
}

TEST_F(Files, are_read_at_a_place_without_moving) {
  put("file", "0123456789");
  File file = File::open_for_reading(at("file"));
  std::array<std::byte, 4> buffer{};
  EXPECT_EQ(file.read_at(8, buffer), 2U);
  EXPECT_EQ(as_text(std::span(buffer).first(2)), "89");
  EXPECT_EQ(file.read_at(100, buffer), 0U);
  EXPECT_EQ(file.read(buffer), 4U);
  EXPECT_EQ(as_text(buffer), "0123");
}

TEST_F(Files, are_closed_once) {
  put("file", "x");
  File file = File::open_for_reading(at("file"));
  const int descriptor = file.descriptor();
  File other = std::move(file);
  EXPECT_FALSE(file.is_open());  // NOLINT: a moved file is closed by contract
  EXPECT_EQ(other.descriptor(), descriptor);
  other.close();
  other.close();
  EXPECT_FALSE(other.is_open());
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

TEST_F(Files, stamps_tell_states_apart) {
  put("file", "x");
  const FileStamp first = stamp_of(File::open_for_reading(at("file")).status());
  EXPECT_EQ(first, stamp_of(File::open_for_reading(at("file")).status()));
  EXPECT_EQ(first.size, 1U);
  replace_file(at("file"), as_bytes("y"), random_);
  EXPECT_NE(first.inode, stamp_of(File::open_for_reading(at("file")).status()).inode);
  const struct ::timespec times[2] = {{5, 7}, {-3, 999}};
  ASSERT_EQ(::utimensat(AT_FDCWD, at("file").c_str(), times, 0), 0);
  EXPECT_EQ(stamp_of(File::open_for_reading(at("file")).status()).mtime_ns, -2'999'999'001);
}

TEST_F(Files, replaced_ones_leave_nothing_else_behind) {
  replace_file(at("file"), as_bytes("one"), random_);
  replace_file(at("file"), as_bytes("two"), random_);
  EXPECT_EQ(read_file(at("file")), "two");
  EXPECT_EQ(count(), 1U);
  std::filesystem::create_directory(at("folder"));
  EXPECT_UNIO_ERROR(replace_file(at("folder"), as_bytes("x"), random_), invalid_argument);
  EXPECT_UNIO_ERROR(replace_file(at("none/file"), as_bytes("x"), random_), not_found);
  EXPECT_EQ(count(), 2U);
}

TEST_F(Files, replaced_ones_are_never_seen_half) {
  const std::string ones(100'000, '1');
  const std::string twos(150'000, '2');
  replace_file(at("file"), as_bytes(ones), random_);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < 30; ++i) replace_file(at("file"), as_bytes(i % 2 == 0 ? twos : ones), random_);
    done = true;
  });
  while (!done) {
    const std::string content = read_file(at("file"));
    EXPECT_TRUE(content == ones || content == twos);
  }
}

TEST_F(Files, replaced_ones_have_the_mode_that_the_umask_leaves) {
  const ::mode_t before = ::umask(027);
  replace_file(at("file"), as_bytes("x"), random_);
  ::umask(before);
  EXPECT_EQ(File::open_for_reading(at("file")).status().st_mode & 07777, 0640U);
}

TEST_F(Files, temporary_ones_vanish_unless_published) {
  { TemporaryFile temporary(folder_.path(), "tmp-", random_); }
  EXPECT_EQ(count(), 0U);
  {
    TemporaryFile temporary(folder_.path(), "tmp-", random_);
    temporary.file().write(as_bytes("x"));
    TemporaryFile moved = std::move(temporary);
    EXPECT_EQ(moved.path().filename().native().rfind("tmp-", 0), 0U);
    moved.publish_over(at("file"));
  }
  EXPECT_EQ(read_file(at("file")), "x");
  EXPECT_EQ(count(), 1U);
}

TEST_F(Files, published_as_new_never_replace) {
  put("file", "old");
  {
    TemporaryFile temporary(folder_.path(), "tmp-", random_);
    temporary.file().write(as_bytes("new"));
    EXPECT_FALSE(temporary.publish_new(at("file")));
    EXPECT_TRUE(temporary.publish_new(at("other")));
  }
  EXPECT_EQ(read_file(at("file")), "old");
  EXPECT_EQ(read_file(at("other")), "new");
  EXPECT_EQ(count(), 2U);
}

TEST_F(Files, released_temporary_ones_stay) {
  {
    TemporaryFile temporary(folder_.path(), "tmp-", random_);
    std::filesystem::rename(temporary.path(), at("file"));
    std::filesystem::create_directory(temporary.path());
    temporary.release();
  }
  EXPECT_EQ(count(), 2U);
}

}  // namespace
}  // namespace unio::test
