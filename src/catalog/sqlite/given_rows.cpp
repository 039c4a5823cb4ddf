#include "catalog/sqlite/given_rows.hpp"

#include <sqlite3.h>

#include <new>
#include <string>

namespace unio::sql {
namespace {

/// What tells our pointers from others'.
constexpr const char* pointer_type = "unio given_rows";
/// The column through which the rows come in, after those that are shown.
constexpr int parameter_column = GivenRows::columns.size();

/// SQLite's structures begin with its own part, which it sets.
struct Cursor : sqlite3_vtab_cursor {
  const GivenRows* rows = nullptr;
  std::size_t row = 0;
};

Cursor& of(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Cursor*>(cursor);
}

int connect(sqlite3* database, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  std::string text = "CREATE TABLE given_rows(";
  for (const char column : GivenRows::columns) text.append({column, ',', ' '});
  const int result = sqlite3_declare_vtab(database, (text + "rows HIDDEN)").c_str());
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

int show_column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  const Cursor& here = of(cursor);
  if (column < parameter_column) here.rows->show(here.row, static_cast<std::size_t>(column), context);
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

/// Shows a value, which stays where it is.
struct Show {
  sqlite3_context* context;

  void operator()(std::nullptr_t) const { sqlite3_result_null(context); }
  void operator()(std::int64_t value) const { sqlite3_result_int64(context, value); }
  void operator()(double value) const { sqlite3_result_double(context, value); }
  void operator()(const SqlBytes& value) const {
    sqlite3_result_blob64(context, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
  }
  void operator()(const SqlText& value) const {
    sqlite3_result_text64(context, value.text.data(), value.text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
};

}  // namespace

template <class T>
void GivenValueRows<T>::show(std::size_t row, std::size_t column, sqlite3_context* context) const {
  const ValueRow<T>& shown = rows_[row];
  const Show show{context};
  switch (column) {
    case 0:
      return show(shown.path);
    case 1:
      return show(shown.value);
    case 2:
      return show(shown.time);
    case 3:
      return show(shown.document);
    default:
      return;
  }
}

template class GivenValueRows<std::int64_t>;
template class GivenValueRows<double>;

void GivenSqlValues::show(std::size_t row, std::size_t column, sqlite3_context* context) const {
  if (column < rows_[row].size()) std::visit(Show{context}, rows_[row][column]);
}

int GivenRows::add_to(sqlite3* database) {
  return sqlite3_create_module_v2(database, "given_rows", &module, nullptr, nullptr);
}

int GivenRows::bind(sqlite3_stmt* statement, int parameter) const {
  return sqlite3_bind_pointer(statement, parameter, const_cast<GivenRows*>(this), pointer_type, nullptr);
}

}  // namespace unio::sql
