#include "catalog/sql/value_writer.hpp"

#include <algorithm>
#include <span>

#include "catalog/sql/document_index.hpp"
#include "catalog/sql/lookup.hpp"
#include "catalog/sql/parts.hpp"

namespace unio::sql {
namespace {

template <class T>
void erase(SqlConnection& connection, std::string_view table, const std::vector<ValueRow<T>>& rows) {
  const std::string text =
      "DELETE FROM " + std::string(table) + " WHERE path = ? AND value = ? AND time = ? AND document = ?";
  in_parts(std::span(rows), as_values<T>,
           [&](std::span<const SqlValues> part) { connection.run_many(text, part); });
}

}  // namespace

void ValueWriter::write(ValueRows rows, Indexing indexing) {
  const std::int64_t waiting =
      connection_.find_integer({"SELECT CAST(SUM(size) AS BIGINT) FROM waiting", {}}).value_or(0);
  if (indexing == Indexing::later && waiting < most_waiting()) return let_wait(rows);
  if (waiting > 0) rows = with_waiting(std::move(rows), waiting);
  if (rows.empty()) return;
  rows.sort();
  write_texts(rows.texts);
  connection_.insert_values("string_values", rows.strings);
  connection_.insert_values("number_values", rows.numbers);
}

void ValueWriter::remove(ValueRows rows) {
  write({}, Indexing::now);
  rows.sort();
  erase(connection_, "string_values", rows.strings);
  erase(connection_, "number_values", rows.numbers);
}

/// Bytes of rows that wait at most: a part of what the tables have, so that their pages are not written again
/// and again; and no more than fits into memory, where all are when they are written.
std::int64_t ValueWriter::most_waiting() {
  constexpr std::int64_t bytes_a_document = 300, least = std::int64_t{4} << 20, most = std::int64_t{40} << 20;
  const std::int64_t documents = connection_.find_integer({"SELECT MAX(n) FROM nodes", {}}).value_or(0);
  return std::clamp(documents * bytes_a_document, least, most);
}

void ValueWriter::let_wait(const ValueRows& rows) {
  if (rows.empty()) return;
  std::string body = rows.encode();
  const auto size = static_cast<std::int64_t>(body.size());
  connection_.run({"INSERT INTO waiting(size, body) VALUES (?, ?)", {size, SqlBytes{std::move(body)}}});
}

ValueRows ValueWriter::with_waiting(ValueRows rows, std::int64_t bytes) {
  // Nearly all are strings: growing by and by would need twice the memory.
  rows.strings.reserve(rows.strings.size() +
                       static_cast<std::size_t>(bytes) / sizeof(ValueRow<std::int64_t>));
  connection_.stream({"SELECT body FROM waiting ORDER BY n", {}}, [&](const SqlRow& row) {
    rows.append(ValueRows::decode(row.bytes(0)));
    return More::yes;
  });
  connection_.run({std::string(connection_.dialect().remove_all_waiting), {}});
  return rows;
}

void ValueWriter::write_texts(const std::vector<TextRow>& texts) {
  std::vector<const TextRow*> kept, searched;
  for (const TextRow& row : texts) {
    if (row.is_kept) kept.push_back(&row);
    if (row.is_searched) searched.push_back(&row);
  }
  in_parts(
      std::span<const TextRow* const>(kept),
      [](const TextRow* row) {
        return SqlValues{row->hash, bytes(row->text)};
      },
      [&](std::span<const SqlValues> part) {
        connection_.insert_many("strings(hash, text)", part, IfPresent::skip);
      });
  const std::int64_t last = connection_.find_integer({"SELECT MAX(n) FROM searched", {}}).value_or(0);
  in_parts(
      std::span<const TextRow* const>(searched), [](const TextRow* row) { return SqlValues{row->hash}; },
      [&](std::span<const SqlValues> part) {
        connection_.insert_many("searched(hash)", part, IfPresent::skip);
      });
  struct Added {
    std::int64_t n = 0;
    const TextRow* row = nullptr;
  };
  std::vector<Added> added;
  connection_.stream({"SELECT n, hash FROM searched WHERE n > ? ORDER BY n", {last}}, [&](const SqlRow& row) {
    added.push_back(
        {row.integer(0), *std::ranges::lower_bound(searched, row.integer(1), {}, &TextRow::hash)});
    return More::yes;
  });
  // After all of those: SQLite's index of pieces writes what it has gathered before each other statement.
  in_parts(
      std::span<const Added>(added),
      [](const Added& text) {
        return SqlValues{text.n, SqlText{fold(text.row->text)}};
      },
      [&](std::span<const SqlValues> part) {
        connection_.insert_many(connection_.dialect().texts_table, part, IfPresent::fail);
      });
}

}  // namespace unio::sql
