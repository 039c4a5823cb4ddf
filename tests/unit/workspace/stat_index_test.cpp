#include "workspace/stat_index.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"
#include "unit/workspace/file_tree.hpp"

namespace unio::test {
namespace {

constexpr std::int64_t second = 1'000'000'000;
const std::string some_hash(64, 'a');

using Files = std::map<std::string, IndexedFile, TreeOrder>;

class StatIndexTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "index"; }

  void write(const Files& files, std::int64_t now_ns = 100 * second,
             const std::string& manifest = some_hash) {
    StatIndexWriter writer;
    for (auto [key, file] : files) {
      file.key = key;
      writer.add(file);
    }
    writer.publish(path(), {manifest, now_ns}, random_);
  }

  Files read() const {
    const StatIndex index = StatIndex::load(path());
    Files files;
    StatIndex::Cursor cursor(index);
    while (auto file = cursor.next()) {
      std::string key(file->key);
      file->key = {};
      files.emplace(std::move(key), *file);
    }
    EXPECT_EQ(files.size(), index.size());
    return files;
  }

  static IndexedFile file_of(std::int64_t time_ns, std::uint8_t byte = 7) {
    IndexedFile file;
    file.stamp = {.size = 5, .mtime_ns = time_ns, .ctime_ns = time_ns, .inode = 9};
    file.digest.value[3] = std::byte{byte};
    file.trusted = true;
    return file;
  }

  TemporaryDirectory folder_;
  FakeRandom random_;
};

bool same(const Files& left, const Files& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.stamp == b.second.stamp && a.second.digest == b.second.digest &&
           a.second.trusted == b.second.trusted;
  });
}

std::string random_segment() {
  return *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab-./é~ \x01"))).as("segment");
}

RC_GTEST_FIXTURE_PROP(StatIndexTest, gives_back_what_was_written, ()) {
  const auto keys = *rc::gen::container<std::vector<std::string>>(rc::gen::exec(random_segment));
  Files files;
  for (const std::string& key : keys) {
    IndexedFile file;
    file.stamp.size = *rc::gen::arbitrary<std::uint64_t>();
    file.stamp.mtime_ns = *rc::gen::inRange<std::int64_t>(-second, second);
    file.stamp.ctime_ns = *rc::gen::inRange<std::int64_t>(-second, second);
    file.stamp.inode = *rc::gen::arbitrary<std::uint64_t>();
    file.digest.type =
        *rc::gen::element(DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme);
    file.digest.value[31] = std::byte{*rc::gen::arbitrary<std::uint8_t>()};
    file.trusted = *rc::gen::arbitrary<bool>();
    files.emplace(key, file);
  }
  write(files);
  RC_ASSERT(same(read(), files));
}

TEST_F(StatIndexTest, gives_back_more_files_than_a_buffer_holds) {
  Files files;
  for (int i = 0; i < 40'000; ++i) {
    files.emplace("folder" + std::to_string(i % 7) + "/" +
                      std::string(static_cast<std::size_t>(i % 90), 'x') + std::to_string(i),
                  file_of(i, static_cast<std::uint8_t>(i)));
  }
  files.emplace(std::string(4096, 'y'), file_of(1));
  write(files);
  EXPECT_TRUE(same(read(), files));
}

TEST_F(StatIndexTest, remembers_the_manifest) {
  write({});
  EXPECT_EQ(StatIndex::load(path()).manifest(), some_hash);
  write({}, 0, "");
  EXPECT_EQ(StatIndex::load(path()).manifest(), "");
}

TEST_F(StatIndexTest, trusts_no_file_that_was_written_when_the_scan_began_or_just_before) {
  IndexedFile changed_rights = file_of(50 * second);
  changed_rights.stamp.ctime_ns = 100 * second;
  write({{"at", file_of(100 * second)},
         {"before", file_of(100 * second - 1)},
         {"later", file_of(200 * second)},
         {"long before", file_of(99 * second)},
         {"rights", changed_rights}});
  std::vector<std::string> trusted;
  for (const auto& [key, file] : read()) {
    if (file.trusted) trusted.push_back(key);
  }
  EXPECT_EQ(trusted, std::vector<std::string>{"long before"});
}

TEST_F(StatIndexTest, is_empty_when_there_is_no_file_or_no_index) {
  EXPECT_EQ(StatIndex::load(path()).size(), 0U);
  put(path(), "");
  EXPECT_EQ(StatIndex::load(path()).size(), 0U);
  put(path(), std::string(500, 'x'));
  EXPECT_EQ(StatIndex::load(path()).size(), 0U);
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_EQ(StatIndex::load(path()).size(), 0U);
  const StatIndex empty;
  EXPECT_FALSE(StatIndex::Cursor(empty).next());
}

TEST_F(StatIndexTest, is_empty_when_any_byte_is_damaged_or_missing) {
  write({{"a/b", file_of(1)}, {"a/bc", file_of(2)}, {"d", file_of(3)}});
  const std::string whole = read_file(path());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      put(path(), damaged);
      ASSERT_EQ(StatIndex::load(path()).size(), 0U) << i;
    }
    put(path(), whole.substr(0, i));
    ASSERT_EQ(StatIndex::load(path()).size(), 0U) << i;
    put(path(), whole.substr(0, i) + "x" + whole.substr(i));
    ASSERT_EQ(StatIndex::load(path()).size(), 0U) << i;
  }
  put(path(), whole);
  EXPECT_EQ(StatIndex::load(path()).size(), 3U);
}

TEST_F(StatIndexTest, a_loaded_index_stays_what_it_was_when_another_is_published) {
  write({{"old", file_of(1)}});
  const StatIndex index = StatIndex::load(path());
  write({{"new", file_of(1)}, {"newer", file_of(1)}});
  StatIndex::Cursor cursor(index);
  EXPECT_EQ(cursor.next()->key, "old");
  EXPECT_FALSE(cursor.next());
}

TEST_F(StatIndexTest, is_written_in_tree_order_only) {
  StatIndexWriter writer;
  IndexedFile file = file_of(1);
  file.key = "a-b";
  writer.add(file);
  EXPECT_UNIO_ERROR(writer.add(file), internal);
  file.key = "a/b";
  EXPECT_UNIO_ERROR(writer.add(file), internal);
}

TEST_F(StatIndexTest, leaves_no_temporary_file) {
  write({{"a", file_of(1)}});
  filesystem_time_ns(folder_.path(), random_);
  const std::filesystem::directory_iterator entries(folder_.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(StatIndexTest, the_time_of_the_file_system_is_that_of_its_files) {
  const std::int64_t before = filesystem_time_ns(folder_.path(), random_);
  put(folder_.path() / "x", "x");
  struct ::stat status {};
  ASSERT_EQ(::stat((folder_.path() / "x").c_str(), &status), 0);
  const std::int64_t after = filesystem_time_ns(folder_.path(), random_);
  EXPECT_LE(before, stamp_of(status).mtime_ns);
  EXPECT_LE(stamp_of(status).mtime_ns, after);
}

/// docs/formats/index.md shows this index.
TEST_F(StatIndexTest, is_written_as_the_document_says) {
  IndexedFile file = file_of(258);
  file.digest.type = DigestType::sha256;
  write({{"cats/a.png", file}, {"cats/b.png", file}});
  const std::string content = read_file(path());
  const std::size_t header = 8 + 64 + 8 + 8;
  const std::size_t record = 72;
  ASSERT_EQ(content.size(), header + record + 10 + record + 5 + 8);
  EXPECT_EQ(content.substr(0, 8), "UNIOIDX1");
  EXPECT_EQ(content.substr(8, 64), some_hash);
  EXPECT_EQ(content.substr(72, 16), std::string("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(content.substr(header, 32),
            std::string("\5\0\0\0\0\0\0\0\2\1\0\0\0\0\0\0\2\1\0\0\0\0\0\0\t\0\0\0\0\0\0\0", 32));
  EXPECT_EQ(content.substr(header + 64, 18), std::string("\0\0\n\0\1\1\0\0cats/a.png", 18));
  EXPECT_EQ(content.substr(header + record + 10 + 64, 13), std::string("\5\0\5\0\1\1\0\0b.png", 13));
}

}  // namespace
}  // namespace unio::test
