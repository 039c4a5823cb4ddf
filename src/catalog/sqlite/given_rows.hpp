#pragma once

#include <span>

#include "catalog/sql/value_rows.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace unio::sql {

/// Rows in memory as a table of SQL: `SELECT path, value, time, document FROM given_rows(?)` shows those that
/// are bound to the parameter, in their order. One statement that takes them all needs a quarter of the time
/// of one for each.
class GivenRows {
 public:
  template <class T>
  explicit GivenRows(std::span<const ValueRow<T>> rows)
      : bytes_(std::as_bytes(rows)), values_are_real_(std::is_same_v<T, double>) {
    static_assert(sizeof(ValueRow<T>) == row_size);
  }

  /// Makes the table known to a connection. Returns SQLite's result.
  static int add_to(sqlite3* database);
  /// The rows must outlive the running of the statement. Returns SQLite's result.
  int bind(sqlite3_stmt* statement, int parameter) const;

  std::size_t size() const { return bytes_.size() / row_size; }
  bool is_real(int column) const { return values_are_real_ && column == 1; }
  /// Where the eight bytes of a number stand.
  const std::byte* at(std::size_t row, int column) const {
    return bytes_.data() + row * row_size + static_cast<std::size_t>(column) * sizeof(std::int64_t);
  }

 private:
  static constexpr std::size_t row_size = 4 * sizeof(std::int64_t);

  std::span<const std::byte> bytes_;
  bool values_are_real_;
};

}  // namespace unio::sql
