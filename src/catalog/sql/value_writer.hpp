#pragma once

#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"
#include "catalog/sql/value_rows.hpp"

namespace unio::sql {

/// Writes what documents hold into the tables of values and of texts, at once or with much else later: their
/// pages are in the order of values, so that a thousand documents touch nearly all of them, and a hundred
/// thousand not much more. Within a transaction that writes; for one thread.
class ValueWriter {
 public:
  explicit ValueWriter(SqlConnection& connection) : connection_(connection) {}

  /// Leaves nothing waiting when `indexing` is `now`, and only so much as fits into memory otherwise.
  void write(ValueRows rows, Indexing indexing);
  /// Takes back what was written.
  void remove(ValueRows rows);

 private:
  std::int64_t most_waiting();
  void let_wait(const ValueRows& rows);
  /// The rows and those that wait, which have so many bytes and wait no longer.
  ValueRows with_waiting(ValueRows rows, std::int64_t bytes);
  void write_texts(const std::vector<TextRow>& texts);

  SqlConnection& connection_;
};

}  // namespace unio::sql
