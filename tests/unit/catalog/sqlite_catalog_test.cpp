#include "catalog/sqlite/sqlite_catalog.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <fstream>
#include <random>

#include "base/files.hpp"
#include "catalog/sqlite/sqlite.hpp"
#include "contract/catalog_test.hpp"
#include "support/lowered_rights.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

namespace fs = std::filesystem;

/// Of text that cannot be compressed.
std::vector<CatalogDocument> some_documents(int count) {
  std::mt19937 random(1);
  std::vector<CatalogDocument> documents;
  for (int i = 0; i < count; ++i) {
    std::string text;
    while (text.size() < 2000) text += std::to_string(random());
    documents.push_back(a_document("a" + std::to_string(i), i, Json::object({{"text", text}})));
  }
  return documents;
}

class SqliteCatalogTest : public testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "catalog.sqlite"; }
  std::unique_ptr<Catalog> open() const { return open_sqlite_catalog(file()); }

  void overwrite(std::streamoff at, std::string_view bytes) const {
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  TemporaryDirectory folder_;
};

using SqliteCatalog = SqliteCatalogTest;

TEST_F(SqliteCatalog, keeps_its_documents_when_it_is_closed) {
  open()->put(some_documents(3));
  EXPECT_EQ(open()->find(query("{}"), {}).documents.size(), 3);
}

TEST_F(SqliteCatalog, says_that_a_file_is_no_catalogue_and_begins_anew_when_it_is_removed) {
  std::ofstream(file()) << std::string(10'000, 'x');
  EXPECT_UNIO_ERROR(open(), corruption);
  remove_sqlite_catalog(file());
  EXPECT_EQ(open()->put(some_documents(1)), 1);
}

TEST_F(SqliteCatalog, says_that_its_file_is_damaged) {
  open()->put(some_documents(50));
  const auto size = static_cast<std::streamoff>(fs::file_size(file()));
  for (std::streamoff at = 4096; at < size; at += 4096) overwrite(at, std::string(600, '\x7f'));
  EXPECT_UNIO_ERROR(open()->find(query("{}"), {}), corruption);
  remove_sqlite_catalog(file());
  EXPECT_EQ(open()->put(some_documents(50)), 50);
}

TEST_F(SqliteCatalog, leaves_alone_what_a_newer_version_made) {
  open()->put(some_documents(1));
  sql::SqliteConnection(file()).set_schema_version(1000);
  EXPECT_UNIO_ERROR(open(), unsupported);
}

TEST_F(SqliteCatalog, completes_a_file_that_has_no_tables_yet) {
  { sql::SqliteConnection(file()).run_script("CREATE TABLE states_of_before(n)"); }
  EXPECT_EQ(open()->put(some_documents(2)), 2);
}

TEST_F(SqliteCatalog, takes_over_what_the_first_version_made) {
  open()->put(some_documents(2));
  sql::SqliteConnection(file()).run_script("DROP TABLE waiting; PRAGMA user_version = 1");
  EXPECT_EQ(open()->put(some_documents(3)), 1);
  EXPECT_EQ(open()->find(query("{}"), {}).documents.size(), 3);
}

TEST_F(SqliteCatalog, says_that_what_waits_is_damaged) {
  open()->put(some_documents(1), {}, Indexing::later);
  sql::SqliteConnection(file()).run_script("UPDATE waiting SET body = x'01'");
  EXPECT_UNIO_ERROR(open()->put({}, {}, Indexing::now), corruption);
}

TEST_F(SqliteCatalog, indexes_by_and_by_when_more_waits_than_fits_into_memory) {
  const auto catalog = open();
  std::vector<CatalogDocument> documents;
  const std::string text(4000, 'x');
  for (int i = 0; i < 3000; ++i)
    documents.push_back(a_document("a" + std::to_string(i), i,
                                   Json::object({{"file_relpaths", Json::Array{text + std::to_string(i)}}})));
  const auto waiting = [&] {
    return *sql::SqliteConnection(file()).find_integer({"SELECT COUNT(*) FROM waiting", {}});
  };
  const std::span<const CatalogDocument> all(documents);
  catalog->put(all.first(1500), {}, Indexing::later);
  EXPECT_EQ(waiting(), 1);
  catalog->put(all.subspan(1500, 1499), {}, Indexing::later);
  EXPECT_EQ(waiting(), 0) << "the first were too many to wait any longer";
  catalog->put(all.last(1), {}, Indexing::later);
  EXPECT_EQ(waiting(), 1);
  EXPECT_EQ(catalog->find(query(R"({"file_relpaths": {"$regex": "x2998$"}})"), {}).documents.size(), 1);
}

TEST_F(SqliteCatalog, says_what_it_may_not_write) {
  open()->put(some_documents(1));
  fs::permissions(file().parent_path(), fs::perms::others_all, fs::perm_options::add);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path part = file().string() + suffix;
    if (fs::exists(part)) fs::permissions(part, fs::perms(0444));
  }
  const LoweredRights lowered;
  EXPECT_UNIO_ERROR(open()->put(some_documents(2)), permission_denied);
}

TEST_F(SqliteCatalog, says_that_the_disk_is_full_and_keeps_what_it_had) {
  const fs::path disk = file().parent_path() / "disk";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "only root can make a small disk";
  {
    const auto catalog = open_sqlite_catalog(disk / "catalog.sqlite");
    catalog->put(some_documents(1));
    EXPECT_UNIO_ERROR(catalog->put(some_documents(2000)), no_space);
    EXPECT_UNIO_ERROR(catalog->put(some_documents(2000), {}, Indexing::later), no_space);
    EXPECT_EQ(catalog->find(query("{}"), {}).documents.size(), 1);
  }
  ::umount(disk.c_str());
}

TEST_F(SqliteCatalog, is_of_use_without_a_folder_for_it) {
  const auto catalog = open_sqlite_catalog(file().parent_path() / "not/there/yet.sqlite");
  EXPECT_EQ(catalog->put(some_documents(1)), 1);
}

}  // namespace
}  // namespace unio::test
