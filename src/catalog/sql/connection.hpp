#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "catalog/sql/value_rows.hpp"

namespace unio::sql {

/// Bytes as they are, NUL and broken UTF-8 included: what text of unknown origin is stored as.
struct SqlBytes {
  std::string bytes;
  bool operator==(const SqlBytes&) const = default;
};

/// Text for the database to look into; ours, and ASCII.
struct SqlText {
  std::string text;
  bool operator==(const SqlText&) const = default;
};

using SqlValue = std::variant<std::nullptr_t, std::int64_t, double, SqlBytes, SqlText>;
using SqlValues = std::vector<SqlValue>;

/// One row of an answer, valid only while it is shown. Columns count from 0.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  /// Of a column of bytes.
  virtual std::string_view bytes(int column) const = 0;
};

/// How the rows of one list are found in another.
enum class Joins : std::uint8_t {
  by_lookup,  ///< each by itself
  in_order,   ///< by reading both lists beside each other, where the database can
};

/// SQL, with its values apart from it: `?` stands for each, in order.
struct SqlQuery {
  std::string text;
  SqlValues values;
  Joins joins = Joins::by_lookup;
};

/// A statement that is run often, and who sees its rows.
struct SqlLookup {
  SqlQuery query;
  std::function<void(const SqlRow&)> each;
};

enum class Access { read, write };
enum class More { no, yes };
/// What becomes of a new row whose key is there.
enum class IfPresent { fail, skip };

/// What two databases say differently.
struct SqlDialect {
  /// So many rows of a list are read in order in the time that one is looked up; 1 where lists are not joined
  /// in order.
  std::int64_t rows_per_lookup = 1;
  /// Where folded texts are inserted so that pieces of them are found: (number in searched, text).
  std::string_view texts_table;
  std::string_view remove_all_texts;
  /// Empties the table `waiting`, giving back its space at once.
  std::string_view remove_all_waiting;
  /// A query for the hashes of texts that contain all pieces; perhaps of others, too.
  std::function<SqlQuery(std::span<const std::string> pieces)> texts_with;
  /// The condition that a column has one of these numbers, of which there are at most some thousand.
  std::function<SqlQuery(std::string_view column, std::span<const std::int64_t> numbers)> among;
};

/// A connection to a SQL database. For one thread at a time. Errors are those that Catalog names.
class SqlConnection {
 public:
  using Each = std::function<More(const SqlRow&)>;
  using EachOfMany = std::function<void(std::size_t index, const SqlRow&)>;
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  virtual ~SqlConnection() = default;

  /// Shows the rows of a short answer one by one until `each` has enough.
  virtual void query(const SqlQuery& query, const Each& each) = 0;
  /// The same for an answer of any length, in bounded memory, within a transaction; `each` may use the
  /// connection.
  virtual void stream(const SqlQuery& query, const Each& each) = 0;
  /// Runs one statement for each of many rows of values, all of the same types; `each` is shown what they
  /// return, with the position of the values, in order.
  virtual void run_many(std::string_view text, std::span<const SqlValues> rows, const EachOfMany& each) = 0;
  /// Runs some that do not depend on each other, in order; over a network in the time of one.
  virtual void run_together(std::span<const SqlLookup> lookups);
  /// Inserts rows into a table: `into` is its name with the columns in parentheses.
  virtual void insert_many(std::string_view into, std::span<const SqlValues> rows, IfPresent if_present) {
    if (!rows.empty()) run_many(insertion(into, rows.front().size(), 1, if_present), rows);
  }

  /// Inserts rows that are not there into a table of values, sorted as the table is.
  virtual void insert_values(std::string_view table, std::span<const ValueRow<std::int64_t>> rows);
  virtual void insert_values(std::string_view table, std::span<const ValueRow<double>> rows);

  /// Begins a transaction that sees one state of the database; one that writes waits for the others first.
  virtual void begin(Access access) = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;

  /// Whether it leads to the database that a new connection would lead to.
  virtual bool is_current() { return true; }

  /// Queries that go on beyond this end with Error deadline_exceeded.
  virtual void set_deadline(Deadline deadline) = 0;
  virtual const SqlDialect& dialect() const = 0;

  /// Gives back space and puts the tables in order. Outside of transactions.
  virtual void compact() = 0;

  /// The number of the last migration; 0 for an empty database.
  virtual std::int64_t schema_version() = 0;
  virtual void set_schema_version(std::int64_t version) = 0;
  /// Runs several statements without values.
  virtual void run_script(std::string_view text) = 0;

  void run(const SqlQuery& statement) {
    query(statement, [](const SqlRow&) { return More::yes; });
  }
  void run_many(std::string_view text, std::span<const SqlValues> rows) {
    run_many(text, rows, [](std::size_t, const SqlRow&) {});
  }
  std::optional<std::int64_t> find_integer(const SqlQuery& query);
  std::optional<std::string> find_bytes(const SqlQuery& query);

 protected:
  /// A statement that inserts so many rows of so many columns.
  static std::string insertion(std::string_view into, std::size_t columns, std::size_t rows,
                               IfPresent if_present);

  static constexpr std::size_t value_columns = 4;
  /// A table of values with its columns, as insert_many takes it.
  static std::string with_value_columns(std::string_view table);

 private:
  template <class T>
  void insert_value_rows(std::string_view table, std::span<const ValueRow<T>> rows);
};

/// A transaction that is rolled back unless it was committed.
class SqlTransaction {
 public:
  SqlTransaction(SqlConnection& connection, Access access) : connection_(connection) {
    connection_.begin(access);
  }
  ~SqlTransaction() {
    if (open_) connection_.roll_back();
  }
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;

  /// When this fails, the transaction has happened or not.
  void commit() {
    connection_.commit();
    open_ = false;
  }

 private:
  SqlConnection& connection_;
  bool open_ = true;
};

/// One step of a schema: the file that describes it, with its number in front.
struct Migration {
  std::int64_t number = 0;
  std::string_view name;
  std::string_view text;
};

}  // namespace unio::sql
