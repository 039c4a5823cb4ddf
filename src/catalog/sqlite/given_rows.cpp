#include "catalog/sqlite/given_rows.hpp"

#include <sqlite3.h>

#include <cstring>
#include <new>

namespace unio::sql {
namespace {

/// What tells our pointers from others'.
constexpr const char* pointer_type = "unio given_rows";
/// The column through which the rows come in, after the four that are shown.
constexpr int parameter_column = 4;

/// SQLite's structures begin with its own part, which it sets.
struct Cursor : sqlite3_vtab_cursor {
  const GivenRows* rows = nullptr;
  std::size_t row = 0;
};

Cursor& of(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Cursor*>(cursor);
}

int connect(sqlite3* database, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  const int result =
      sqlite3_declare_vtab(database, "CREATE TABLE given_rows(path, value, time, document, rows HIDDEN)");
  if (result != SQLITE_OK) return result;
  sqlite3_vtab_config(database, SQLITE_VTAB_DIRECTONLY);
  *table = new (std::nothrow) sqlite3_vtab{};
  return *table == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

/// There is one way to go through them: with the rows that are given.
int choose_plan(sqlite3_vtab*, sqlite3_index_info* plan) {
  for (int i = 0; i < plan->nConstraint; ++i) {
    const auto& constraint = plan->aConstraint[i];
    const bool gives_rows =
        constraint.iColumn == parameter_column && constraint.op == SQLITE_INDEX_CONSTRAINT_EQ;
    if (!gives_rows || constraint.usable == 0) continue;
    plan->aConstraintUsage[i] = {.argvIndex = 1, .omit = 1};
    return SQLITE_OK;
  }
  return SQLITE_CONSTRAINT;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new (std::nothrow) Cursor{};
  return *cursor == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete &of(cursor);
  return SQLITE_OK;
}

int begin(sqlite3_vtab_cursor* cursor, int, const char*, int count, sqlite3_value** values) {
  of(cursor).row = 0;
  of(cursor).rows =
      count == 1 ? static_cast<const GivenRows*>(sqlite3_value_pointer(values[0], pointer_type)) : nullptr;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++of(cursor).row;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) {
  const Cursor& here = of(cursor);
  return here.rows == nullptr || here.row >= here.rows->size() ? 1 : 0;
}

template <class T>
T number_at(const std::byte* bytes) {
  T number{};
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

int show_column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  const Cursor& here = of(cursor);
  if (column >= parameter_column) {
    sqlite3_result_null(context);
  } else if (here.rows->is_real(column)) {
    sqlite3_result_double(context, number_at<double>(here.rows->at(here.row, column)));
  } else {
    sqlite3_result_int64(context, number_at<std::int64_t>(here.rows->at(here.row, column)));
  }
  return SQLITE_OK;
}

int show_number(sqlite3_vtab_cursor* cursor, sqlite3_int64* number) {
  *number = static_cast<sqlite3_int64>(of(cursor).row);
  return SQLITE_OK;
}

const sqlite3_module module{
    .iVersion = 0,
    .xCreate = nullptr,
    .xConnect = connect,
    .xBestIndex = choose_plan,
    .xDisconnect = disconnect,
    .xDestroy = nullptr,
    .xOpen = open,
    .xClose = close,
    .xFilter = begin,
    .xNext = next,
    .xEof = is_at_end,
    .xColumn = show_column,
    .xRowid = show_number,
};

}  // namespace

int GivenRows::add_to(sqlite3* database) {
  return sqlite3_create_module_v2(database, "given_rows", &module, nullptr, nullptr);
}

int GivenRows::bind(sqlite3_stmt* statement, int parameter) const {
  return sqlite3_bind_pointer(statement, parameter, const_cast<GivenRows*>(this), pointer_type, nullptr);
}

}  // namespace unio::sql
