#include "storage/caching_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "storage/faulty_store.hpp"
#include "storage/memory_store.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

constexpr std::uint64_t capacity = 100'000;

bool is_immutable(std::string_view key) {
  return key.starts_with("objects/");
}

class CachingStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    write("objects/a", "content of a");
    write("mutable", "old");
  }

  void write(std::string_view key, std::string_view content) {
    memory_.write(key, as_bytes(content), Condition::none());
  }

  std::size_t reads() { return plan_.calls(StoreOperation::read); }

  std::vector<std::filesystem::path> cached_files() {
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path() / "objects", ignored)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }

  /// Reads and makes sure that the bytes came from the cache, or not.
  bool is_answered_by_cache(std::string_view key, std::string_view expected) {
    const std::size_t before = reads();
    EXPECT_EQ(read_object(store_, key), expected);
    return reads() == before;
  }

  TemporaryDirectory folder_;
  FakeClock clock_;
  SystemRandom random_;
  MemoryStore memory_{clock_};
  FaultPlan plan_;
  FaultyStore counted_{memory_, plan_};
  CacheFolder cache_{folder_.path(), capacity, random_};
  CachingStore store_{counted_, cache_, is_immutable};
};

TEST_F(CachingStoreTest, reads_an_immutable_object_from_the_store_once) {
  EXPECT_FALSE(is_answered_by_cache("objects/a", "content of a"));
  EXPECT_TRUE(is_answered_by_cache("objects/a", "content of a"));
}

TEST_F(CachingStoreTest, asks_for_mutable_objects_each_time) {
  EXPECT_FALSE(is_answered_by_cache("mutable", "old"));
  write("mutable", "new");
  EXPECT_FALSE(is_answered_by_cache("mutable", "new"));
  EXPECT_TRUE(cached_files().empty());
}

TEST_F(CachingStoreTest, answers_ranges_of_what_it_has_with_the_info_of_the_object) {
  read_object(store_, "objects/a");
  std::string range;
  const ObjectInfo info = store_.read("objects/a", {8, 2}, [&](Bytes bytes) { range += as_text(bytes); });
  EXPECT_EQ(range, "of");
  const ObjectInfo expected = *memory_.find("objects/a");
  EXPECT_EQ(info.key, "objects/a");
  EXPECT_EQ(info.size, expected.size);
  EXPECT_EQ(info.etag, expected.etag);
  EXPECT_EQ(info.modified, expected.modified);
  EXPECT_EQ(reads(), 1U);
}

TEST_F(CachingStoreTest, does_not_keep_a_part_of_an_object) {
  store_.read("objects/a", {0, 3}, [](Bytes) {});
  EXPECT_TRUE(cached_files().empty());
}

TEST_F(CachingStoreTest, keeps_nothing_of_a_read_that_failed) {
  plan_.add({.operation = StoreOperation::read, .effect = Fault::Effect::short_read});
  EXPECT_UNIO_ERROR(read_object(store_, "objects/a"), unavailable);
  EXPECT_TRUE(cached_files().empty());
  EXPECT_FALSE(is_answered_by_cache("objects/a", "content of a"));
}

TEST_F(CachingStoreTest, keeps_nothing_when_the_sink_fails) {
  EXPECT_UNIO_ERROR(store_.read("objects/a", {}, [](Bytes) { throw Error(ErrorCode::no_space, "full"); }),
                    no_space);
  EXPECT_TRUE(cached_files().empty());
}

TEST_F(CachingStoreTest, keeps_empty_objects) {
  write("objects/empty", "");
  EXPECT_FALSE(is_answered_by_cache("objects/empty", ""));
  EXPECT_TRUE(is_answered_by_cache("objects/empty", ""));
}

TEST_F(CachingStoreTest, drops_a_file_that_was_damaged_anywhere) {
  read_object(store_, "objects/a");
  const std::filesystem::path file = cached_files().at(0);
  const auto size = std::filesystem::file_size(file);
  for (std::uintmax_t position = 0; position < size; ++position) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(position));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(position));
    stream.put(static_cast<char>(byte ^ 1));
    stream.close();
    ASSERT_FALSE(is_answered_by_cache("objects/a", "content of a")) << position;
    ASSERT_TRUE(is_answered_by_cache("objects/a", "content of a")) << position;
  }
}

TEST_F(CachingStoreTest, drops_a_file_that_was_cut_off_anywhere) {
  read_object(store_, "objects/a");
  const std::filesystem::path file = cached_files().at(0);
  const auto size = std::filesystem::file_size(file);
  for (std::uintmax_t left = 0; left < size; ++left) {
    std::filesystem::resize_file(file, left);
    ASSERT_FALSE(is_answered_by_cache("objects/a", "content of a")) << left;
  }
}

TEST_F(CachingStoreTest, finds_damage_of_a_large_file_that_it_knew_as_whole) {
  const std::string large(12'000'000, 'x');
  write("objects/large", large);
  CacheFolder cache(folder_.path() / "big", std::uint64_t{1} << 30, random_);
  CachingStore store(counted_, cache, is_immutable);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(read_object(store, "objects/large") == large);
  EXPECT_EQ(reads(), 1U);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "big/objects")) {
    if (!entry.is_regular_file()) continue;
    std::fstream stream(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(6'000'000);
    stream.put('y');
  }
  EXPECT_TRUE(read_object(store, "objects/large") == large);
  EXPECT_EQ(reads(), 2U);
}

TEST_F(CachingStoreTest, asks_the_store_whether_an_object_is_there) {
  read_object(store_, "objects/a");
  memory_.remove("objects/a", Condition::none());
  EXPECT_FALSE(store_.find("objects/a"));
}

TEST_F(CachingStoreTest, forgets_what_is_written_copied_over_or_removed_through_it) {
  const auto fill = [&] { read_object(store_, "objects/a"); };
  fill();
  store_.write("objects/a", as_bytes("written"), Condition::none());
  EXPECT_FALSE(is_answered_by_cache("objects/a", "written"));
  store_.copy("mutable", "objects/a", Condition::none());
  EXPECT_FALSE(is_answered_by_cache("objects/a", "old"));
  store_.remove("objects/a", Condition::none());
  EXPECT_UNIO_ERROR(read_object(store_, "objects/a"), not_found);
}

TEST_F(CachingStoreTest, lets_go_of_what_was_read_longest_ago) {
  const std::string content(10'000, 'x');
  for (int i = 0; i < 9; ++i) {
    write("objects/" + std::to_string(i), content);
    read_object(store_, "objects/" + std::to_string(i));
  }
  read_object(store_, "objects/0");
  write("objects/9", content);
  read_object(store_, "objects/9");
  EXPECT_TRUE(is_answered_by_cache("objects/0", content));
  EXPECT_TRUE(is_answered_by_cache("objects/9", content));
  EXPECT_FALSE(is_answered_by_cache("objects/1", content));
  EXPECT_LE(cache_.usage().bytes, capacity);
}

TEST_F(CachingStoreTest, keeps_what_is_pinned) {
  store_.pin("objects/a");
  read_object(store_, "objects/a");
  for (int i = 0; i < 20; ++i) {
    write("objects/" + std::to_string(i), std::string(10'000, 'x'));
    read_object(store_, "objects/" + std::to_string(i));
  }
  EXPECT_TRUE(is_answered_by_cache("objects/a", "content of a"));
  store_.unpin("objects/a");
  cache_.evict();
  for (int i = 0; i < 20; ++i) read_object(store_, "objects/" + std::to_string(i));
  EXPECT_FALSE(is_answered_by_cache("objects/a", "content of a"));
}

TEST_F(CachingStoreTest, gives_what_it_has_without_asking_the_store) {
  EXPECT_EQ(store_.find_kept("objects/a", 100), std::nullopt);
  read_object(store_, "objects/a");
  const std::size_t before = reads();
  EXPECT_EQ(store_.find_kept("objects/a", 100), "content of a");
  EXPECT_EQ(store_.find_kept("objects/a", 5), std::nullopt);
  EXPECT_EQ(store_.find_kept("mutable", 100), std::nullopt);
  EXPECT_EQ(reads(), before);
}

TEST_F(CachingStoreTest, removes_what_it_has_when_it_was_cut_off) {
  read_object(store_, "objects/a");
  std::filesystem::resize_file(cached_files().front(), 20);
  EXPECT_EQ(store_.find_kept("objects/a", 100), std::nullopt);
  EXPECT_TRUE(cached_files().empty());
}

TEST_F(CachingStoreTest, keeps_what_somebody_else_has_read) {
  store_.put("objects/a", as_bytes("content of a"));
  store_.put("mutable", as_bytes("old"));
  EXPECT_TRUE(is_answered_by_cache("objects/a", "content of a"));
  EXPECT_FALSE(is_answered_by_cache("mutable", "old"));
}

TEST_F(CachingStoreTest, clears_objects_and_their_pins) {
  store_.pin("objects/a");
  read_object(store_, "objects/a");
  const std::vector<std::string> keys{"objects/a", "objects/never read"};
  store_.clear(keys);
  EXPECT_TRUE(cached_files().empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "pins"));
  EXPECT_EQ(cache_.usage().bytes, 0U);
}

TEST_F(CachingStoreTest, does_not_keep_what_would_fill_a_quarter_of_it) {
  const std::string large(capacity / 4 + 1, 'x');
  write("objects/large", large);
  EXPECT_FALSE(is_answered_by_cache("objects/large", large));
  EXPECT_FALSE(is_answered_by_cache("objects/large", large));
  EXPECT_TRUE(cached_files().empty());
}

TEST_F(CachingStoreTest, counts_what_another_process_left_in_the_folder) {
  read_object(store_, "objects/a");
  CacheFolder other(folder_.path(), capacity, random_);
  EXPECT_EQ(other.usage().bytes, cache_.usage().bytes);
  EXPECT_EQ(other.usage().bytes, std::filesystem::file_size(cached_files().at(0)));
}

TEST_F(CachingStoreTest, keeps_objects_of_different_stores_apart) {
  read_object(store_, "objects/a");
  const std::string name_here = store_.url() + "\nobjects/a";
  EXPECT_TRUE(cache_.find(name_here));
  EXPECT_FALSE(cache_.find("memory:elsewhere\nobjects/a"));
}

TEST_F(CachingStoreTest, reads_on_when_the_cache_cannot_be_written) {
  std::ofstream(folder_.path() / "file") << "no folder";
  CacheFolder broken(folder_.path() / "file", capacity, random_);
  CachingStore store(counted_, broken, is_immutable);
  EXPECT_EQ(read_object(store, "objects/a"), "content of a");
  EXPECT_EQ(read_object(store, "objects/a"), "content of a");
  EXPECT_EQ(reads(), 2U);
}

TEST_F(CachingStoreTest, serves_many_threads_while_it_evicts) {
  for (int i = 0; i < 40; ++i)
    write("objects/" + std::to_string(i), std::string(5000, static_cast<char>('a' + i % 26)));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 200; ++i) {
        const int object = (i * 7 + thread * 11) % 40;
        EXPECT_EQ(read_object(store_, "objects/" + std::to_string(object)),
                  std::string(5000, static_cast<char>('a' + object % 26)));
      }
    });
  }
  threads.clear();
  cache_.evict();
  EXPECT_LE(cache_.usage().bytes, capacity);
}

}  // namespace
}  // namespace unio::test
