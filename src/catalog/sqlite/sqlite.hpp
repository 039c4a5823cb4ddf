#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "catalog/sql/connection.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace unio::sql {

class GivenRows;

/// Whether what a transaction changes can be undone.
enum class Journal : std::uint8_t {
  write_ahead,  ///< where the file system allows it
  none          ///< for a file that nobody else knows, and that is thrown away after any failure
};

/// An open SQLite database: the only place that sees SQLite's handles and turns its results into Errors.
///
/// Errors: corruption for a file that is damaged or no database; no_space for a full disk; permission_denied
/// for what may not be read or written; unavailable when another process holds the database for longer than
/// a minute.
class SqliteConnection final : public SqlConnection {
 public:
  /// Opens the file, making it with its folder when it is absent.
  explicit SqliteConnection(std::filesystem::path file, Journal journal = Journal::write_ahead);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  void query(const SqlQuery& query, const Each& each) override;
  void stream(const SqlQuery& rows, const Each& each) override { query(rows, each); }
  using SqlConnection::run_many;
  void run_many(std::string_view text, std::span<const SqlValues> rows, const EachOfMany& each) override;
  void insert_many(std::string_view into, std::span<const SqlValues> rows, IfPresent if_present) override;
  void insert_values(std::string_view table, std::span<const ValueRow<std::int64_t>> rows) override;
  void insert_values(std::string_view table, std::span<const ValueRow<double>> rows) override;
  void begin(Access access) override;
  void commit() override;
  void roll_back() noexcept override;
  bool is_current() override;
  void set_deadline(Deadline deadline) override { deadline_ = deadline; }
  const SqlDialect& dialect() const override;
  void compact() override;
  std::int64_t schema_version() override;
  void set_schema_version(std::int64_t version) override;
  void run_script(std::string_view text) override;

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinishStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;
  class Use;

  void insert_given(std::string_view into, std::size_t columns, const GivenRows& rows, IfPresent if_present);
  sqlite3_stmt* prepared(std::string_view text);
  void set_up(Journal journal);
  void use_write_ahead_log();
  bool is_late() const;
  [[noreturn]] void fail(int result, std::string_view action);

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  /// By their text; emptied when there are many.
  std::unordered_map<std::string, Statement> statements_;
  Deadline deadline_;
};

}  // namespace unio::sql
