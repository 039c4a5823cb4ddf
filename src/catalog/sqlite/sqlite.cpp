#include "catalog/sqlite/sqlite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sqlite3.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <thread>

#include "base/error.hpp"
#include "catalog/sql/lookup.hpp"
#include "catalog/sqlite/given_rows.hpp"

namespace unio::sql {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/// How long another process may hold the database before we give up.
constexpr auto patience = 60s;
/// How many instructions of SQLite's go by between two looks at the time.
constexpr int instructions_between_looks = 10'000;
constexpr std::size_t most_statements = 200;
constexpr int oldest_sqlite = 3'051'003;

void initialize() {
  [[maybe_unused]] static const int done = [] {
    check(sqlite3_libversion_number() >= oldest_sqlite, "SQLite is new enough to keep what was committed");
    // What undoes a statement stays in memory: it is a part of the pages that some thousand rows touch, and
    // would be written to a file again and again.
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
    return sqlite3_initialize();
  }();
}

/// A write-ahead log needs memory that processes share, which file systems of other machines do not give.
bool is_on_this_machine(const std::filesystem::path& file) {
  constexpr std::array<std::uint32_t, 5> far{NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, SMB2_SUPER_MAGIC,
                                             CIFS_SUPER_MAGIC, FUSE_SUPER_MAGIC};
  struct statfs status {};
  if (statfs(file.parent_path().c_str(), &status) != 0) return true;
  return std::ranges::find(far, static_cast<std::uint32_t>(status.f_type)) == far.end();
}

class StatementRow final : public SqlRow {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view bytes(int column) const override {
    const void* data = sqlite3_column_blob(statement_, column);
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *integer);
  }
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *real);
  if (const auto* bytes = std::get_if<SqlBytes>(&value)) {
    return sqlite3_bind_blob64(statement, index, bytes->bytes.data(), bytes->bytes.size(), SQLITE_STATIC);
  }
  if (const auto* text = std::get_if<SqlText>(&value)) {
    return sqlite3_bind_text64(statement, index, text->text.data(), text->text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

ErrorCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corruption;
    case SQLITE_FULL:
      return ErrorCode::no_space;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return ErrorCode::permission_denied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return ErrorCode::unavailable;
    case SQLITE_INTERRUPT:
      return ErrorCode::deadline_exceeded;
    case SQLITE_TOOBIG:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::internal;
  }
}

std::string hint_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::corruption:
      return "the catalogue is only an index: unio reindex makes it anew from the store";
    case ErrorCode::no_space:
      return "free some space; what was saved is safe in the store";
    case ErrorCode::unavailable:
      return "another process is using the catalogue; try again";
    case ErrorCode::deadline_exceeded:
      return "narrow the query, for example by user or time";
    default:
      return {};
  }
}

SqlQuery among(std::string_view column, std::span<const std::int64_t> numbers) {
  return {fmt::format("{} IN ({})", column, placeholders(numbers.size())), {numbers.begin(), numbers.end()}};
}

/// Pieces of at least three characters, as the trigram tokenizer needs them, all of whose trigrams must be
/// there.
SqlQuery texts_with(std::span<const std::string> pieces) {
  std::string match;
  for (const std::string& piece : pieces) {
    for (std::size_t i = 0; i + 3 <= piece.size(); ++i) {
      if (!match.empty()) match += " AND ";
      match += '"';
      for (const char letter : piece.substr(i, 3)) match.append(letter == '"' ? 2 : 1, letter);
      match += '"';
    }
  }
  return {"SELECT s.hash FROM texts t CROSS JOIN searched s WHERE t.texts MATCH ? AND s.n = t.rowid",
          {SqlText{std::move(match)}}};
}

}  // namespace

void SqliteConnection::CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

void SqliteConnection::FinishStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

/// A statement with its values, while it runs; afterwards it may be used again.
class SqliteConnection::Use {
 public:
  Use(SqliteConnection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  void bind_all(const SqlValues& values) {
    sqlite3_reset(statement_);
    check(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_)) == values.size(),
          "a SQL statement has a value for each parameter");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int result = bind(statement_, static_cast<int>(i) + 1, values[i]);
      if (result != SQLITE_OK) connection_.fail(result, "use");
    }
  }

  bool step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) connection_.fail(result, "use");
    return false;
  }

 private:
  SqliteConnection& connection_;
  sqlite3_stmt* statement_;
};

SqliteConnection::SqliteConnection(std::filesystem::path file, Journal journal) : file_(std::move(file)) {
  initialize();
  std::error_code ignored;  // the opening tells what is wrong
  if (file_.has_parent_path()) std::filesystem::create_directories(file_.parent_path(), ignored);
  sqlite3* opened = nullptr;
  constexpr int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(file_.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  if (result != SQLITE_OK) fail(result, "open");
  set_up(journal);
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
}

void SqliteConnection::set_up(Journal journal) {
  sqlite3_busy_timeout(database_.get(), static_cast<int>(std::chrono::milliseconds(patience).count()));
  sqlite3_progress_handler(
      database_.get(), instructions_between_looks,
      [](void* self) { return static_cast<SqliteConnection*>(self)->is_late() ? 1 : 0; }, this);
  if (const int result = GivenRows::add_to(database_.get()); result != SQLITE_OK) fail(result, "open");
  run_script(
      "PRAGMA trusted_schema = 0; PRAGMA cell_size_check = 1; PRAGMA synchronous = NORMAL;"
      "PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 16000");
  if (journal == Journal::none) {
    run_script("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  } else if (is_on_this_machine(file_)) {
    use_write_ahead_log();
  }
  run_script("PRAGMA foreign_keys = 1");
}

bool SqliteConnection::is_current() {
  int has_moved = 0;
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
  return has_moved == 0;
}

bool SqliteConnection::is_late() const {
  return deadline_ && SteadyClock::now() > *deadline_;
}

/// While another process does the same, SQLite answers at once that it is busy, and does not wait.
void SqliteConnection::use_write_ahead_log() {
  const auto end = SteadyClock::now() + patience;
  for (auto pause = 1ms;; pause = std::min(pause * 2, std::chrono::milliseconds(50))) {
    const int result = sqlite3_exec(database_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) return;
    if ((result & 0xff) != SQLITE_BUSY || SteadyClock::now() > end) fail(result, "open");
    std::this_thread::sleep_for(pause);
  }
}

sqlite3_stmt* SqliteConnection::prepared(std::string_view text) {
  std::string key(text);
  if (const auto found = statements_.find(key); found != statements_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(database_.get(), key.data(), static_cast<int>(key.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) fail(result, "use");
  return statements_.emplace(std::move(key), Statement(statement)).first->second.get();
}

void SqliteConnection::query(const SqlQuery& query, const Each& each) {
  // Short statements end before SQLite looks at the time.
  if (is_late()) fail(SQLITE_INTERRUPT, "search");
  sqlite3_stmt* statement = prepared(query.text);
  Use use(*this, statement);
  use.bind_all(query.values);
  const StatementRow row(statement);
  while (use.step()) {
    if (each(row) == More::no) return;
  }
}

void SqliteConnection::run_many(std::string_view text, std::span<const SqlValues> rows,
                                const EachOfMany& each) {
  sqlite3_stmt* statement = prepared(text);
  Use use(*this, statement);
  const StatementRow row(statement);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    use.bind_all(rows[i]);
    while (use.step()) each(i, row);
  }
}

/// With FAIL most statements keep no journal of their own: whoever meets an error rolls the transaction back.
void SqliteConnection::insert_given(std::string_view into, std::size_t columns, const GivenRows& rows,
                                    IfPresent if_present) {
  check(columns <= GivenRows::columns.size(), "rows that are inserted have few columns");
  sqlite3_stmt* statement =
      prepared(fmt::format("INSERT OR FAIL INTO {} SELECT {} FROM given_rows(?){}", into,
                           fmt::join(GivenRows::columns.substr(0, columns), ", "),
                           if_present == IfPresent::skip ? " WHERE TRUE ON CONFLICT DO NOTHING" : ""));
  Use use(*this, statement);
  const int result = rows.bind(statement, 1);
  if (result != SQLITE_OK) fail(result, "use");
  use.step();
}

void SqliteConnection::insert_many(std::string_view into, std::span<const SqlValues> rows,
                                   IfPresent if_present) {
  if (!rows.empty()) insert_given(into, rows.front().size(), GivenSqlValues(rows), if_present);
}

void SqliteConnection::insert_values(std::string_view table, std::span<const ValueRow<std::int64_t>> rows) {
  insert_given(with_value_columns(table), value_columns, GivenValueRows(rows), IfPresent::fail);
}

void SqliteConnection::insert_values(std::string_view table, std::span<const ValueRow<double>> rows) {
  insert_given(with_value_columns(table), value_columns, GivenValueRows(rows), IfPresent::fail);
}

void SqliteConnection::begin(Access access) {
  // No statement is in use between transactions.
  if (statements_.size() > most_statements) statements_.clear();
  run({access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN", {}});
}

void SqliteConnection::commit() {
  run({"COMMIT", {}});
}

void SqliteConnection::roll_back() noexcept {
  // Some failures have rolled back already.
  if (sqlite3_get_autocommit(database_.get()) == 0) {
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void SqliteConnection::run_script(std::string_view text) {
  const std::string script(text);
  const int result = sqlite3_exec(database_.get(), script.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(result, "use");
}

void SqliteConnection::compact() {
  run_script("INSERT INTO texts(texts) VALUES ('optimize'); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

std::int64_t SqliteConnection::schema_version() {
  return find_integer({"PRAGMA user_version", {}}).value_or(0);
}

void SqliteConnection::set_schema_version(std::int64_t version) {
  run_script(fmt::format("PRAGMA user_version = {}", version));
}

void SqliteConnection::fail(int result, std::string_view action) {
  const ErrorCode code = code_of(result);
  const bool told = database_ && sqlite3_extended_errcode(database_.get()) == result;
  const char* why = told ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(result);
  throw Error(code, fmt::format("cannot {} the catalogue '{}': {}", action, file_.string(), why),
              hint_of(code));
}

const SqlDialect& SqliteConnection::dialect() const {
  static const SqlDialect dialect{
      .texts_table = "texts(rowid, text)",
      .remove_all_texts = "INSERT INTO texts(texts) VALUES ('delete-all')",
      .remove_all_waiting = "DELETE FROM waiting",
      .texts_with = texts_with,
      .among = among,
  };
  return dialect;
}

}  // namespace unio::sql
