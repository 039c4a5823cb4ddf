#include "catalog/sqlite/sqlite_catalog.hpp"

#include <atomic>
#include <memory>

#include "base/error.hpp"
#include "catalog/sql/migrate.hpp"
#include "catalog/sql/sql_catalog.hpp"
#include "catalog/sqlite/replacement.hpp"
#include "catalog/sqlite/sqlite.hpp"

namespace unio {
namespace sql {

std::span<const Migration> sqlite_migrations();

namespace {

std::unique_ptr<SqlConnection> connect(const std::filesystem::path& file, Journal journal) {
  auto connection = std::make_unique<SqliteConnection>(file, journal);
  migrate(*connection, sqlite_migrations());
  return connection;
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
