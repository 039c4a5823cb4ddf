#include "catalog/sql/connection.hpp"

#include "catalog/sql/lookup.hpp"
#include "catalog/sql/parts.hpp"

namespace unio::sql {

std::optional<std::int64_t> SqlConnection::find_integer(const SqlQuery& query) {
  std::optional<std::int64_t> found;
  this->query(query, [&](const SqlRow& row) {
    if (!row.is_null(0)) found = row.integer(0);
    return More::no;
  });
  return found;
}

std::optional<std::string> SqlConnection::find_bytes(const SqlQuery& query) {
  std::optional<std::string> found;
  this->query(query, [&](const SqlRow& row) {
    if (!row.is_null(0)) found = std::string(row.bytes(0));
    return More::no;
  });
  return found;
}

void SqlConnection::run_together(std::span<const SqlLookup> lookups) {
  for (const SqlLookup& lookup : lookups) {
    run_many(lookup.query.text, {&lookup.query.values, 1},
             [&](std::size_t, const SqlRow& row) { lookup.each(row); });
  }
}

template <class T>
void SqlConnection::insert_value_rows(std::string_view table, std::span<const ValueRow<T>> rows) {
  in_parts(rows, as_values<T>, [&](std::span<const SqlValues> part) {
    insert_many(with_value_columns(table), part, IfPresent::fail);
  });
}

void SqlConnection::insert_values(std::string_view table, std::span<const ValueRow<std::int64_t>> rows) {
  insert_value_rows(table, rows);
}

void SqlConnection::insert_values(std::string_view table, std::span<const ValueRow<double>> rows) {
  insert_value_rows(table, rows);
}

std::string SqlConnection::with_value_columns(std::string_view table) {
  return std::string(table) + "(path, value, time, document)";
}

std::string SqlConnection::insertion(std::string_view into, std::size_t columns, std::size_t rows,
                                     IfPresent if_present) {
  const std::string row = "(" + placeholders(columns) + ")";
  std::string text = "INSERT INTO " + std::string(into) + " VALUES " + row;
  for (std::size_t i = 1; i < rows; ++i) text += ", " + row;
  return if_present == IfPresent::skip ? text + " ON CONFLICT DO NOTHING" : text;
}

}  // namespace unio::sql
