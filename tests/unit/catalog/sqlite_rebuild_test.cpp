#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <random>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "catalog/sqlite/sqlite.hpp"
#include "catalog/sqlite/sqlite_catalog.hpp"
#include "contract/catalog_test.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

namespace fs = std::filesystem;

/// Lets this thread, and no other, make no more links, as on a file system that has none.
void forget_how_to_link() {
  ::sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(::seccomp_data, nr)),
#ifdef SYS_symlink
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_symlink, 1, 0),
#endif
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_symlinkat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const ::sock_fprog filter{std::size(program), program};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

/// Text that cannot be compressed.
std::string noise(unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < 50'000) text += std::to_string(random());
  return text;
}

class SqliteRebuildTest : public testing::Test {
 protected:
  fs::path folder() const { return folder_.path() / "catalogs"; }
  fs::path file() const { return folder() / "catalog.sqlite"; }
  std::unique_ptr<Catalog> open() const { return open_sqlite_catalog(file()); }

  static void put(Catalog& catalog, const std::string& id) { catalog.put(std::vector{a_document(id, 1)}); }
  static std::set<std::string> ids(Catalog& catalog) {
    std::set<std::string> ids;
    for (const CatalogDocument& document : catalog.find(query("{}"), {}).documents) ids.insert(document.id);
    return ids;
  }
  static void rebuild(Catalog& catalog, const std::string& id) {
    catalog.rebuild([&](Catalog& filled) { put(filled, id); }, Present::goes);
  }

  /// What stands in the folder while nobody has a database open.
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder()), fs::directory_iterator()));
  }
  /// What SQLite says of the file when it looks at all of it.
  std::string check_whole() const {
    return *sql::SqliteConnection(file()).find_bytes({"PRAGMA integrity_check", {}});
  }

  using Ids = std::set<std::string>;

 private:
  TemporaryDirectory folder_;
};

using SqliteRebuild = SqliteRebuildTest;

TEST_F(SqliteRebuild, answers_as_before_until_it_is_complete) {
  const auto catalog = open();
  put(*catalog, "old");
  const auto fill = [&](Catalog& filled) {
    put(filled, "new");
    EXPECT_EQ(ids(*catalog), Ids{"old"});
    EXPECT_EQ(ids(*open()), Ids{"old"});
  };
  catalog->rebuild(fill, Present::goes);
  EXPECT_EQ(ids(*catalog), Ids{"new"});
  EXPECT_EQ(ids(*open()), Ids{"new"});
  EXPECT_EQ(check_whole(), "ok");
}

TEST_F(SqliteRebuild, leaves_what_it_had_and_no_files_when_filling_fails) {
  put(*open(), "old");
  const auto fail = [](Catalog& filled) {
    put(filled, "new");
    throw Error(ErrorCode::unavailable, "the store is away");
  };
  EXPECT_UNIO_ERROR(open()->rebuild(fail, Present::goes), unavailable);
  EXPECT_EQ(ids(*open()), Ids{"old"});
  EXPECT_EQ(files(), 1);
}

TEST_F(SqliteRebuild, stands_in_one_file_and_a_link_however_often_it_is_built) {
  for (const char* id : {"a", "b", "c"}) rebuild(*open(), id);
  EXPECT_EQ(ids(*open()), Ids{"c"});
  EXPECT_TRUE(fs::is_symlink(file()));
  EXPECT_EQ(files(), 2);
  remove_sqlite_catalog(file());
  EXPECT_EQ(files(), 0);
  EXPECT_EQ(ids(*open()), Ids{});
}

TEST_F(SqliteRebuild, is_seen_by_those_who_had_the_old_file_open_and_unharmed_by_what_they_did) {
  const auto first = open(), second = open();
  put(*first, "old");
  const auto fill = [&](Catalog& filled) {
    put(filled, "new");
    put(*first, "late");
  };
  second->rebuild(fill, Present::goes);
  EXPECT_EQ(ids(*first), Ids{"new"});
  put(*first, "newer");
  EXPECT_EQ(ids(*second), (Ids{"new", "newer"}));
  EXPECT_EQ(check_whole(), "ok");
}

TEST_F(SqliteRebuild, goes_to_the_end_in_what_it_began_with) {
  const auto first = open();
  for (int i = 0; i < 200; ++i) put(*first, std::to_string(i));
  sql::SqliteConnection reading(file());
  int seen = 0;
  reading.query({"SELECT n FROM documents", {}}, [&](const sql::SqlRow&) {
    if (++seen == 100) rebuild(*first, "new");
    return sql::More::yes;
  });
  EXPECT_EQ(seen, 200);
  EXPECT_FALSE(reading.is_current());
  EXPECT_EQ(ids(*first), Ids{"new"});
}

TEST_F(SqliteRebuild, does_not_go_on_after_a_put_that_failed_half_way) {
  const auto catalog = open();
  put(*catalog, "old");
  const auto fill = [](Catalog& filled) {
    EXPECT_UNIO_ERROR(filled.put(std::vector{a_document("", 1)}), invalid_argument);  // before it is begun
    EXPECT_EQ(filled.put(std::vector{a_document("a", 1)}), 1);
    EXPECT_UNIO_ERROR(
        filled.find(Query{query::Field{FieldPath::parse("a"), query::Equals{QueryValue{1.0}}}}, {.limit = 0}),
        invalid_argument);
    EXPECT_UNIO_ERROR(filled.put(std::vector{a_document("b", 1)}), internal);
  };
  catalog->rebuild(fill, Present::goes);
}

TEST_F(SqliteRebuild, removes_what_a_killed_process_left_but_nothing_that_is_at_work) {
  put(*open(), "old");
  const pid_t child = ::fork();
  if (child == 0) {
    open()->rebuild(
        [](Catalog& filled) {
          put(filled, "never");
          ::raise(SIGKILL);
        },
        Present::goes);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(ids(*open()), Ids{"old"});
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path() != file()) left.push_back(entry.path());
  }
  EXPECT_FALSE(left.empty());

  const auto outer = [&](Catalog& filled) {
    put(filled, "outer");
    for (const fs::path& path : left) EXPECT_FALSE(fs::exists(fs::symlink_status(path))) << path;
    rebuild(*open(), "inner");
    EXPECT_EQ(ids(*open()), Ids{"inner"});
  };
  open()->rebuild(outer, Present::goes);
  EXPECT_EQ(ids(*open()), Ids{"outer"});
  EXPECT_EQ(files(), 2);
}

TEST_F(SqliteRebuild, fills_its_own_file_where_there_are_no_links) {
  const auto catalog = open();
  put(*catalog, "old");
  std::jthread([&] {
    forget_how_to_link();
    catalog->rebuild(
        [&](Catalog& filled) {
          EXPECT_EQ(ids(*open()), Ids{});
          put(filled, "new");
        },
        Present::goes);
  }).join();
  EXPECT_EQ(ids(*open()), Ids{"new"});
  EXPECT_FALSE(fs::is_symlink(file()));
}

TEST_F(SqliteRebuild, says_that_the_disk_is_full_and_leaves_what_it_had) {
  fs::create_directories(folder());
  if (::mount("tmpfs", folder().c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "only root can make a small disk";
  {
    const auto catalog = open();
    put(*catalog, "old");
    const auto fill = [](Catalog& filled) {
      for (unsigned i = 0; i < 100; ++i)
        filled.put(std::vector{a_document(std::to_string(i), 1, Json::object({{"x", noise(i)}}))});
    };
    EXPECT_UNIO_ERROR(catalog->rebuild(fill, Present::goes), no_space);
    EXPECT_EQ(ids(*catalog), Ids{"old"});
  }
  ::umount(folder().c_str());
}

}  // namespace
}  // namespace unio::test
