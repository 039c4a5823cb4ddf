#pragma once

#include <cstddef>
#include <span>

#include "catalog/sql/connection.hpp"

struct sqlite3;
struct sqlite3_context;
struct sqlite3_stmt;

namespace unio::sql {

/// Rows in memory as a table of SQL: `SELECT a, b FROM given_rows(?)` shows the first two columns of those
/// that are bound to the parameter, in their order; columns beyond theirs are null. One statement that takes
/// them all needs a quarter of the time of one for each.
class GivenRows {
 public:
  /// The names of the columns, of one letter each.
  static constexpr std::string_view columns = "abcdefgh";

  virtual ~GivenRows() = default;

  /// Makes the table known to a connection. Returns SQLite's result.
  static int add_to(sqlite3* database);
  /// The rows must outlive the running of the statement. Returns SQLite's result.
  int bind(sqlite3_stmt* statement, int parameter) const;

  virtual std::size_t size() const = 0;
  /// Answers what stands in a column.
  virtual void show(std::size_t row, std::size_t column, sqlite3_context* context) const = 0;
};

/// Rows of a table of values: path, value, time, document.
template <class T>
class GivenValueRows final : public GivenRows {
 public:
  explicit GivenValueRows(std::span<const ValueRow<T>> rows) : rows_(rows) {}

  std::size_t size() const override { return rows_.size(); }
  void show(std::size_t row, std::size_t column, sqlite3_context* context) const override;

 private:
  std::span<const ValueRow<T>> rows_;
};

/// Rows of any values.
class GivenSqlValues final : public GivenRows {
 public:
  explicit GivenSqlValues(std::span<const SqlValues> rows) : rows_(rows) {}

  std::size_t size() const override { return rows_.size(); }
  void show(std::size_t row, std::size_t column, sqlite3_context* context) const override;

 private:
  std::span<const SqlValues> rows_;
};

}  // namespace unio::sql
