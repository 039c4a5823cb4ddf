// What LocalStore promises when several processes use one folder, when they die, and when they may not write.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <memory>
#include <stdexcept>

#include "base/error.hpp"
#include "support/expect_error.hpp"
#include "unit/storage/local_store_fixture.hpp"

namespace unio::test {
namespace {

using testing::IsEmpty;

using LocalStoreProcesses = LocalStoreTest;

TEST_F(LocalStoreProcesses, removes_the_temporary_files_of_a_process_that_was_killed) {
  EXPECT_FALSE(in_processes(1, [](LocalStore& store, int) {
    const auto staged = store.staging()->stage({});
    staged->append(as_bytes("never finished"));
    ::kill(::getpid(), SIGKILL);
  }));
  ASSERT_THAT(temporaries(), testing::SizeIs(1));
  write("k", "x");
  EXPECT_THAT(temporaries(), IsEmpty());
}

TEST_F(LocalStoreProcesses, leaves_the_temporary_files_of_living_processes) {
  const auto staged = store_.staging()->stage({});
  staged->append(as_bytes("still needed"));
  EXPECT_TRUE(in_processes(2, [](LocalStore& store, int i) {
    store.write("other/" + std::to_string(i), as_bytes("x"), Condition::absent());
  }));
  staged->publish("k", Condition::absent());
  EXPECT_EQ(read_object(store_, "k"), "still needed");
}

TEST_F(LocalStoreProcesses, serves_a_forked_child_beside_its_parent) {
  const auto staged = store_.staging()->stage({});
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

TEST_F(LocalStoreProcesses, loses_no_update_of_eight_processes_that_compare_and_swap) {
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

TEST_F(LocalStoreProcesses, loses_no_update_of_an_object_whose_etag_is_a_stamp) {
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

TEST_F(LocalStoreProcesses, lets_many_processes_start_at_once) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(in_processes(16, [&](LocalStore& store, int i) {
      store.write(std::to_string(round) + "/" + std::to_string(i), as_bytes("x"), Condition::absent());
    }));
  }
  EXPECT_EQ(keys().size(), 160U);
}

TEST_F(LocalStoreProcesses, keeps_its_temporary_files_when_a_forked_child_ends_in_the_usual_way) {
  auto store = std::make_unique<LocalStore>(root_, random_);
  const auto staged = store_.staging()->stage({});
  staged->append(as_bytes("of the parent"));
  store->write("k", as_bytes("x"), Condition::absent());
  const auto of_the_other = store->staging()->stage({});
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

TEST_F(LocalStoreProcesses, lets_exactly_one_of_eight_processes_create_a_key) {
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

TEST_F(LocalStoreProcesses, survives_folders_that_come_and_go) {
  EXPECT_TRUE(in_processes(4, [](LocalStore& store, int i) {
    for (int round = 0; round < 50; ++round) {
      const std::string key = "a/b/c/" + std::to_string(i);
      store.write(key, as_bytes("x"), Condition::absent());
      store.remove(key, Condition::none());
    }
  }));
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(LocalStoreProcesses, is_not_held_up_by_a_process_that_died_with_a_lock) {
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

TEST_F(LocalStoreProcesses, tells_a_folder_that_may_not_be_written_and_still_reads_it) {
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

TEST_F(LocalStoreProcesses, leaves_nothing_behind_when_there_is_no_space) {
  write("k", "x");
  EXPECT_TRUE(in_processes(1, [this](LocalStore& store, int) {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct ::rlimit limit { 10'000, 10'000 };
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("could not limit the size of files");
    const std::string large(20'000, 'x');
    const auto write = [&] { store.write("large", as_bytes(large), Condition::none()); };
    const auto put = [&] { store.batch()->put("large", as_bytes(large)); };
    const auto append = [&] { store.staging()->stage({})->append(as_bytes(large)); };
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
