#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "catalog/sql/connection.hpp"

namespace unio::sql {

template <class T>
SqlValues as_values(const ValueRow<T>& row) {
  return {row.path, row.value, row.time, row.document};
}

/// Runs `body` for as many rows at a time as are worth having as values of SQL, which `convert` makes of
/// each.
template <class Row, class Convert, class Body>
void in_parts(std::span<const Row> rows, Convert&& convert, Body&& body) {
  constexpr std::size_t rows_at_once = 4096;
  std::vector<SqlValues> values;
  while (!rows.empty()) {
    const auto part = rows.first(std::min(rows.size(), rows_at_once));
    values.clear();
    for (const Row& row : part) values.push_back(convert(row));
    body(std::span<const SqlValues>(values));
    rows = rows.subspan(part.size());
  }
}

}  // namespace unio::sql
