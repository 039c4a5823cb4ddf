// What LocalStore promises beyond the contract of every store.

#include "storage/local_store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "base/random.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LocalStoreTest : public testing::Test {
 protected:
  ObjectInfo write(std::string_view key, std::string_view content) {
    return store_.write(key, as_bytes(content), Condition::none());
  }

  void write_file(const std::filesystem::path& name, std::string_view content) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << content;
  }

  std::vector<std::string> keys(std::string prefix = "") {
    std::vector<std::string> found;
    for_each_object(store_, prefix, [&](const ObjectInfo& object) { found.push_back(object.key); });
    return found;
  }

  /// The files below ".unio/tmp" that hold content: not the locks of living processes.
  std::vector<std::string> temporaries() {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / ".unio/tmp", ignored)) {
      if (entry.is_regular_file() && entry.path().filename() != "lock") found.push_back(entry.path());
    }
    return found;
  }

  /// Runs `body` in `count` processes, each with a store of its own; false when one failed.
  bool in_processes(int count, const std::function<void(LocalStore&, int)>& body) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        SystemRandom random;
        LocalStore store(root_, random);
        int code = 0;
        try {
          body(store, i);
        } catch (const std::exception& error) {
          std::fprintf(stderr, "child %d: %s\n", i, error.what());
          code = 1;
        }
        ::_exit(code);
      }
      children.push_back(child);
    }
    bool all_well = true;
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      all_well = all_well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return all_well;
  }

  TemporaryDirectory folder_;
  std::filesystem::path root_ = folder_.path() / "registry";
  SystemRandom random_;
  LocalStore store_{root_, random_};
};

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
  const auto staged = store_.staging()->stage();
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
  store_.staging()->stage()->append(as_bytes("z"));
  const auto batch = store_.batch();
  batch->put("k", as_bytes("exists"));
  batch->put("new", as_bytes("new"));
  batch->commit();
  store_.batch()->put("never", as_bytes("committed"));
  EXPECT_THAT(temporaries(), IsEmpty());
}

TEST_F(LocalStoreTest, removes_the_temporary_files_of_a_process_that_was_killed) {
  EXPECT_FALSE(in_processes(1, [](LocalStore& store, int) {
    const auto staged = store.staging()->stage();
    staged->append(as_bytes("never finished"));
    ::kill(::getpid(), SIGKILL);
  }));
  ASSERT_THAT(temporaries(), testing::SizeIs(1));
  write("k", "x");
  EXPECT_THAT(temporaries(), IsEmpty());
}

TEST_F(LocalStoreTest, leaves_the_temporary_files_of_living_processes) {
  const auto staged = store_.staging()->stage();
  staged->append(as_bytes("still needed"));
  EXPECT_TRUE(in_processes(2, [](LocalStore& store, int i) {
    store.write("other/" + std::to_string(i), as_bytes("x"), Condition::absent());
  }));
  staged->publish("k", Condition::absent());
  EXPECT_EQ(read_object(store_, "k"), "still needed");
}

TEST_F(LocalStoreTest, serves_a_forked_child_beside_its_parent) {
  const auto staged = store_.staging()->stage();
  staged->append(as_bytes("of the parent"));
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 0;
    try {
      for (int i = 0; i < 10; ++i) write("child/" + std::to_string(i), "x");
    } catch (const std::exception&) {
      code = 1;
    }
    ::_exit(code);
  }
  for (int i = 0; i < 10; ++i) write("parent/" + std::to_string(i), "x");
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  staged->publish("k", Condition::absent());
  EXPECT_EQ(keys().size(), 21U);
}

TEST_F(LocalStoreTest, loses_no_update_of_eight_processes_that_compare_and_swap) {
  write("counter", "0");
  EXPECT_TRUE(in_processes(8, [](LocalStore& store, int) {
    for (int done = 0; done < 25;) {
      const auto present = find_object(store, "counter");
      if (!present) throw std::runtime_error("the counter was gone");
      const std::string next = std::to_string(std::stoi(present->content) + 1);
      try {
        store.write("counter", as_bytes(next), Condition::matches(present->info.etag));
        ++done;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) throw;
      }
    }
  }));
  EXPECT_EQ(read_object(store_, "counter"), "200");
}

TEST_F(LocalStoreTest, loses_no_update_of_an_object_whose_etag_is_a_stamp) {
  // The number stands in front of so much padding that the content is not hashed for the etag. Each writer
  // goes on from the etag that its own write returned as long as it can.
  const std::string padding(100'000, ' ');
  write("counter", "0" + padding);
  EXPECT_TRUE(in_processes(8, [&](LocalStore& store, int) {
    ObjectContent known = *find_object(store, "counter");
    for (int done = 0; done < 25;) {
      const std::string next = std::to_string(std::stoi(known.content) + 1) + padding;
      try {
        known.info = store.write("counter", as_bytes(next), Condition::matches(known.info.etag));
        known.content = next;
        ++done;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) throw;
        known = *find_object(store, "counter");
      }
    }
  }));
  EXPECT_EQ(std::stoi(read_object(store_, "counter")), 200);
}

TEST_F(LocalStoreTest, lets_many_processes_start_at_once) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(in_processes(16, [&](LocalStore& store, int i) {
      store.write(std::to_string(round) + "/" + std::to_string(i), as_bytes("x"), Condition::absent());
    }));
  }
  EXPECT_EQ(keys().size(), 160U);
}

TEST_F(LocalStoreTest, keeps_its_temporary_files_when_a_forked_child_ends_in_the_usual_way) {
  auto store = std::make_unique<LocalStore>(root_, random_);
  const auto staged = store_.staging()->stage();
  staged->append(as_bytes("of the parent"));
  store->write("k", as_bytes("x"), Condition::absent());
  const auto of_the_other = store->staging()->stage();
  of_the_other->append(as_bytes("of the parent, too"));
  const pid_t child = ::fork();
  if (child == 0) {
    store.reset();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  of_the_other->publish("published", Condition::absent());
  EXPECT_EQ(read_object(store_, "published"), "of the parent, too");
}

TEST_F(LocalStoreTest, lets_exactly_one_of_eight_processes_create_a_key) {
  EXPECT_TRUE(in_processes(8, [](LocalStore& store, int i) {
    for (int round = 0; round < 20; ++round) {
      const std::string number = std::to_string(round);
      try {
        store.write("round/" + number, as_bytes(std::to_string(i)), Condition::absent());
        store.write("won/" + number + "/" + std::to_string(i), {}, Condition::absent());
      } catch (const Error& error) {
        if (error.code() != ErrorCode::conflict) throw;
      }
    }
  }));
  for (int round = 0; round < 20; ++round) EXPECT_EQ(keys("won/" + std::to_string(round) + "/").size(), 1U);
}

TEST_F(LocalStoreTest, survives_folders_that_come_and_go) {
  EXPECT_TRUE(in_processes(4, [](LocalStore& store, int i) {
    for (int round = 0; round < 50; ++round) {
      const std::string key = "a/b/c/" + std::to_string(i);
      store.write(key, as_bytes("x"), Condition::absent());
      store.remove(key, Condition::none());
    }
  }));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(LocalStoreTest, is_not_held_up_by_a_process_that_died_with_a_lock) {
  write("k", "0");
  EXPECT_FALSE(in_processes(1, [&](LocalStore&, int) {
    for (const auto& lock : std::filesystem::directory_iterator(root_ / ".unio/locks")) {
      ::flock(::open(lock.path().c_str(), O_RDWR), LOCK_EX);
    }
    ::kill(::getpid(), SIGKILL);
  }));
  write("k", "1");
  EXPECT_EQ(read_object(store_, "k"), "1");
}

TEST_F(LocalStoreTest, tells_a_folder_that_may_not_be_written_and_still_reads_it) {
  write("k", "x");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(root_, std::filesystem::perms(0555));
  EXPECT_TRUE(in_processes(1, [](LocalStore& store, int) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0)
      throw std::runtime_error("could not drop the rights of root");
    if (read_object(store, "k") != "x") throw std::runtime_error("could not read");
    const auto write = [&] { store.write("a/new", as_bytes("y"), Condition::absent()); };
    if (error_name(write) != "permission_denied") throw std::runtime_error(error_name(write));
    const auto remove = [&] { store.remove("k", Condition::none()); };
    if (error_name(remove) != "permission_denied") throw std::runtime_error(error_name(remove));
  }));
  std::filesystem::permissions(root_, std::filesystem::perms(0755));
  EXPECT_EQ(keys(), std::vector<std::string>{"k"});
}

TEST_F(LocalStoreTest, leaves_nothing_behind_when_there_is_no_space) {
  write("k", "x");
  EXPECT_TRUE(in_processes(1, [this](LocalStore& store, int) {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct ::rlimit limit { 10'000, 10'000 };
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("could not limit the size of files");
    const std::string large(20'000, 'x');
    const auto write = [&] { store.write("large", as_bytes(large), Condition::none()); };
    const auto put = [&] { store.batch()->put("large", as_bytes(large)); };
    const auto append = [&] { store.staging()->stage()->append(as_bytes(large)); };
    for (const std::function<void()>& body :
         {std::function<void()>(write), std::function<void()>(put), std::function<void()>(append)}) {
      if (error_name(body) != "no_space") throw std::runtime_error(error_name(body));
      if (!temporaries().empty()) throw std::runtime_error("a temporary file is left");
    }
    store.write("small", as_bytes("fits"), Condition::none());
  }));
  EXPECT_EQ(keys(), (std::vector<std::string>{"k", "small"}));
}

}  // namespace
}  // namespace unio::test
