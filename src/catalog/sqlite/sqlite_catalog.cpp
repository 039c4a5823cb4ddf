#include "catalog/sqlite/sqlite_catalog.hpp"

#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "catalog/sql/migrate.hpp"
#include "catalog/sql/sql_catalog.hpp"
#include "catalog/sqlite/replacement.hpp"
#include "catalog/sqlite/sqlite.hpp"

namespace unio {
namespace sql {

std::span<const Migration> sqlite_migrations();

namespace {

/// Which file the name leads to; absent when to none.
std::optional<std::pair<::dev_t, ::ino_t>> find_identity(const std::filesystem::path& name) {
  struct ::stat status {};
  if (::stat(name.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

/// SQLite opens a database before its log. When another file takes its place and the log is removed in
/// between, what was opened is not whole, and the other file is what is wanted.
std::unique_ptr<SqlConnection> connect(const std::filesystem::path& file, Journal journal) {
  for (;;) {
    const auto before = find_identity(file);
    try {
      auto connection = std::make_unique<SqliteConnection>(file, journal);
      migrate(*connection, sqlite_migrations());
      if (connection->is_current()) return connection;
    } catch (const Error&) {
      if (find_identity(file) == before) throw;
    }
  }
}

std::string url_of(const std::filesystem::path& file) {
  return "sqlite://" + file.string();
}

/// Nothing is undone in the file: after a failure it must not be gone on with.
std::unique_ptr<Catalog> open_without_journal(const std::filesystem::path& file) {
  const auto connected = std::make_shared<std::atomic<bool>>(false);
  return std::make_unique<SqlCatalog>(url_of(file), [file, connected] {
    check(!connected->exchange(true), "a catalogue that is being filled has one connection");
    return connect(file, Journal::none);
  });
}

class SqliteCatalog final : public SqlCatalog {
 public:
  explicit SqliteCatalog(const std::filesystem::path& file)
      : SqlCatalog(url_of(file), [file] { return connect(file, Journal::write_ahead); }), file_(file) {
    find_state("");  // tells at once what is wrong
  }

  void rebuild(const Fill& fill, Present present) override {
    const auto next = Replacement::begin(file_);
    if (next == nullptr) return SqlCatalog::rebuild(fill, present);
    fill(*open_without_journal(next->file()));
    connect(next->file(), Journal::write_ahead);  // the file says so to all who open it
    next->publish();
  }

 private:
  std::filesystem::path file_;
};

}  // namespace
}  // namespace sql

std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file) {
  return std::make_unique<sql::SqliteCatalog>(std::filesystem::absolute(file));
}

void remove_sqlite_catalog(const std::filesystem::path& file) {
  sql::remove_database(file);
}

}  // namespace unio
