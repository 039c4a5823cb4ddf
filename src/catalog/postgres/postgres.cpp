#include "catalog/postgres/postgres.hpp"

#include <endian.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace unio::sql {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// The writers of all catalogues in a database wait for each other at this lock, as they would for a file.
constexpr std::int64_t writers_lock = 0x756e696f;  // "unio"
/// Rows of a long answer that are on their way at once: few at first, since the first ones may be all.
constexpr int first_rows = 64;
constexpr int most_rows = 1000;
/// Statements that are sent before their answers are read.
constexpr std::size_t sent_at_once = 200;
/// Many rows are inserted by statements of this many: each statement takes longer than its row.
constexpr std::size_t rows_in_statement = 128;

class ResultRow final : public SqlRow {
 public:
  ResultRow(const PGresult* result, int row) : result_(result), row_(row) {}
  bool is_null(int column) const override { return libpq().is_null(result_, row_, column) != 0; }
  std::int64_t integer(int column) const override {
    const std::string_view data = bytes(column);
    if (data.size() == sizeof(std::int32_t)) {
      std::uint32_t number = 0;
      std::memcpy(&number, data.data(), sizeof number);
      return static_cast<std::int32_t>(be32toh(number));
    }
    std::uint64_t number = 0;
    check(data.size() == sizeof number, "a column of the database is an integer");
    std::memcpy(&number, data.data(), sizeof number);
    return static_cast<std::int64_t>(be64toh(number));
  }
  std::string_view bytes(int column) const override {
    return {libpq().value(result_, row_, column),
            static_cast<std::size_t>(libpq().length(result_, row_, column))};
  }

 private:
  const PGresult* result_;
  int row_;
};

/// Values as libpq takes them; valid while the values are.
class Parameters {
 public:
  explicit Parameters(const SqlValues& values) {
    texts_.reserve(values.size());
    for (const SqlValue& value : values) std::visit([this](const auto& it) { add(it); }, value);
  }

  int count() const { return static_cast<int>(data_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* data() const { return data_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  static constexpr Oid any_type = 0, bytes_type = 17, integer_type = 20, text_type = 25, real_type = 701;
  static constexpr int as_text = 0, as_binary = 1;

  void add(std::nullptr_t) { add(any_type, nullptr, 0, as_text); }
  void add(std::int64_t number) { add_text(integer_type, std::to_string(number)); }
  void add(double number) { add_text(real_type, fmt::format("{}", number)); }
  void add(const SqlBytes& it) { add(bytes_type, it.bytes.data(), it.bytes.size(), as_binary); }
  void add(const SqlText& it) { add(text_type, it.text.data(), it.text.size(), as_binary); }

  void add_text(Oid type, std::string text) {
    texts_.push_back(std::move(text));
    add(type, texts_.back().c_str(), texts_.back().size(), as_text);
  }
  void add(Oid type, const char* data, std::size_t length, int format) {
    types_.push_back(type);
    data_.push_back(data);
    lengths_.push_back(static_cast<int>(length));
    formats_.push_back(format);
  }

  std::vector<std::string> texts_;
  std::vector<Oid> types_;
  std::vector<const char*> data_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// `?` becomes `$1`, `$2` …; none of our statements has one that is no parameter.
std::string numbered(std::string_view text) {
  std::string result;
  int count = 0;
  for (const char letter : text) {
    if (letter == '?') {
      result += fmt::format("${}", ++count);
    } else {
      result += letter;
    }
  }
  return result;
}

ErrorCode code_of(std::string_view state) {
  if (state == "57014") return ErrorCode::deadline_exceeded;
  if (state == "53100") return ErrorCode::no_space;
  if (state == "42501" || state == "25006") return ErrorCode::permission_denied;
  if (state.starts_with("28")) return ErrorCode::unauthenticated;
  if (state.starts_with("XX00") && state != "XX000") return ErrorCode::corruption;
  for (const std::string_view passing : {"08", "40", "53", "55", "57"}) {
    if (state.starts_with(passing)) return ErrorCode::unavailable;
  }
  return ErrorCode::internal;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

SqlQuery texts_with(std::span<const std::string> pieces) {
  SqlQuery query{"SELECT s.hash FROM texts t JOIN searched s ON s.n = t.n WHERE TRUE", {}};
  for (const std::string& piece : pieces) {
    std::string pattern = "%";
    for (const char letter : piece) {
      if (letter == '%' || letter == '_' || letter == '\\') pattern += '\\';
      pattern += letter;
    }
    query.text += " AND t.text LIKE ?";
    query.values.emplace_back(SqlText{pattern + "%"});
  }
  return query;
}

/// One value, so that statements are the same for any count, and are planned once.
SqlQuery among(std::string_view column, std::span<const std::int64_t> numbers) {
  return {fmt::format("{} = ANY (CAST(CAST(? AS TEXT) AS BIGINT[]))", column),
          {SqlText{fmt::format("{{{}}}", fmt::join(numbers, ","))}}};
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url) : connection_(libpq().connect(url.c_str())) {
  if (!connection_ || libpq().status(connection_.get()) != CONNECTION_OK) fail(nullptr);
  // The order of joins is chosen by who knows the sizes; compiling takes longer than our queries; and of a
  // long answer the first rows are wanted soon.
  run_script(
      "SET client_min_messages = warning; SET join_collapse_limit = 1; SET jit = off;"
      "SET cursor_tuple_fraction = 0.001;"
      "SET standard_conforming_strings = on; SET bytea_output = hex");
}

PostgresConnection::Result PostgresConnection::run_query(const SqlQuery& query) {
  if (deadline_ && SteadyClock::now() > *deadline_) {
    throw Error(ErrorCode::deadline_exceeded, "searching the catalogue took too long",
                "narrow the query, for example by user or time");
  }
  const Parameters parameters(query.values);
  constexpr int binary = 1;
  return checked(libpq().exec_params(connection_.get(), numbered(query.text).c_str(), parameters.count(),
                                     parameters.types(), parameters.data(), parameters.lengths(),
                                     parameters.formats(), binary));
}

PostgresConnection::Result PostgresConnection::checked(PGresult* raw) {
  Result result(raw);
  const ExecStatusType status = libpq().result_status(raw);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC) fail(raw);
  return result;
}

void PostgresConnection::query(const SqlQuery& query, const Each& each) {
  const Result result = run_query(query);
  for (int row = 0; row < libpq().rows(result.get()); ++row) {
    if (each(ResultRow(result.get(), row)) == More::no) return;
  }
}

void PostgresConnection::stream(const SqlQuery& query, const Each& each) {
  const std::string cursor = fmt::format("c{}", ++cursors_);
  run_query({fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", cursor, query.text), query.values});
  int wanted = first_rows;
  for (int rows = 1; rows > 0; wanted = std::min(2 * wanted, most_rows)) {
    const Result result = run_query({fmt::format("FETCH {} FROM {}", wanted, cursor), {}});
    rows = libpq().rows(result.get());
    for (int row = 0; row < rows; ++row) {
      if (each(ResultRow(result.get(), row)) == More::yes) continue;
      rows = 0;
    }
  }
  run_query({"CLOSE " + cursor, {}});
}

const std::string& PostgresConnection::prepared(std::string_view text) {
  if (const auto found = prepared_.find(text); found != prepared_.end()) return found->second;
  const std::string name = fmt::format("s{}", prepared_.size());
  checked(libpq().prepare(connection_.get(), name.c_str(), numbered(text).c_str(), 0, nullptr));
  return prepared_.emplace(std::string(text), name).first->second;
}

void PostgresConnection::send(const std::string& statement, const SqlValues& values) {
  const Parameters parameters(values);
  constexpr int binary = 1;
  if (libpq().send_prepared(connection_.get(), statement.c_str(), parameters.count(), parameters.data(),
                            parameters.lengths(), parameters.formats(), binary) == 0) {
    fail(nullptr);
  }
}

void PostgresConnection::receive(std::size_t index, const EachOfMany& each) {
  const Result result = checked(libpq().next_result(connection_.get()));
  for (int row = 0; row < libpq().rows(result.get()); ++row) each(index, ResultRow(result.get(), row));
  const Result end(libpq().next_result(connection_.get()));  // each statement's answers end with nothing
}

void PostgresConnection::run_many(std::string_view text, std::span<const SqlValues> rows,
                                  const EachOfMany& each) {
  if (rows.empty()) return;
  const std::string& statement = prepared(text);
  if (libpq().enter_pipeline(connection_.get()) == 0) fail(nullptr);
  for (std::size_t begin = 0; begin < rows.size(); begin += sent_at_once) {
    const std::size_t end = std::min(rows.size(), begin + sent_at_once);
    for (std::size_t i = begin; i < end; ++i) send(statement, rows[i]);
    if (libpq().sync_pipeline(connection_.get()) == 0) fail(nullptr);
    for (std::size_t i = begin; i < end; ++i) receive(i, each);
    checked(libpq().next_result(connection_.get()));
  }
  if (libpq().exit_pipeline(connection_.get()) == 0) fail(nullptr);
}

void PostgresConnection::insert_many(std::string_view into, std::span<const SqlValues> rows,
                                     IfPresent if_present) {
  std::vector<SqlValues> blocks;
  for (; rows.size() >= rows_in_statement; rows = rows.subspan(rows_in_statement)) {
    SqlValues& block = blocks.emplace_back();
    for (const SqlValues& row : rows.first(rows_in_statement))
      block.insert(block.end(), row.begin(), row.end());
  }
  if (!blocks.empty()) {
    const std::size_t columns = blocks.front().size() / rows_in_statement;
    SqlConnection::run_many(insertion(into, columns, rows_in_statement, if_present), blocks);
  }
  SqlConnection::insert_many(into, rows, if_present);
}

void PostgresConnection::begin(Access access) {
  if (access == Access::read) {
    run({"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}});
  } else {
    run({"BEGIN", {}});
    run({"SELECT pg_advisory_xact_lock(?)", {writers_lock}});
  }
}

void PostgresConnection::commit() {
  deadline_.reset();
  run({"COMMIT", {}});
}

void PostgresConnection::roll_back() noexcept {
  // A connection that failed is not used again; closing it rolls back.
  connection_.reset();
}

void PostgresConnection::set_deadline(Deadline deadline) {
  deadline_ = deadline;
  if (!deadline) return;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - SteadyClock::now()).count();
  run_script(fmt::format("SET LOCAL statement_timeout = {}", std::max<std::int64_t>(left, 1)));
}

void PostgresConnection::compact() {
  // What was filled in no order has pages that are half empty.
  run_script("REINDEX TABLE CONCURRENTLY string_values");
  run_script("REINDEX TABLE CONCURRENTLY number_values");
  run_script("VACUUM ANALYZE");
}

std::int64_t PostgresConnection::schema_version() {
  if (!find_integer(
          {"SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'unio_schema'",
           {}})) {
    return 0;
  }
  return find_integer({"SELECT version FROM unio_schema", {}}).value_or(0);
}

void PostgresConnection::set_schema_version(std::int64_t version) {
  run_script("CREATE TABLE IF NOT EXISTS unio_schema(version BIGINT NOT NULL); DELETE FROM unio_schema");
  run({"INSERT INTO unio_schema(version) VALUES (?)", {version}});
}

void PostgresConnection::run_script(std::string_view text) {
  checked(libpq().exec(connection_.get(), std::string(text).c_str()));
}

void PostgresConnection::fail(const PGresult* result) {
  const char* state = result == nullptr ? nullptr : libpq().error_field(result, PG_DIAG_SQLSTATE);
  const bool lost = !connection_ || libpq().status(connection_.get()) != CONNECTION_OK;
  const ErrorCode code = lost || state == nullptr ? ErrorCode::unavailable : code_of(state);
  const char* why =
      result == nullptr ? libpq().error_message(connection_.get()) : libpq().result_error_message(result);
  throw Error(code, fmt::format("the catalogue on PostgreSQL: {}", first_line(why)),
              code == ErrorCode::unavailable ? "what was saved is safe in the store; try again later" : "");
}

const SqlDialect& PostgresConnection::dialect() const {
  static const SqlDialect dialect{
      .texts_table = "texts(n, text)",
      .remove_all_texts = "DELETE FROM texts",
      .remove_all_waiting = "TRUNCATE waiting",
      .texts_with = texts_with,
      .among = among,
  };
  return dialect;
}

std::string without_password(const std::string& url) {
  char* problem = nullptr;
  PQconninfoOption* options = libpq().parse_options(url.c_str(), &problem);
  if (options == nullptr) {
    libpq().free_memory(problem);
    throw Error(ErrorCode::invalid_argument, "the catalogue's URL is none of PostgreSQL",
                "write it as postgresql://user@host:5432/database");
  }
  std::map<std::string, std::string> values;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values.emplace(option->keyword, option->val);
  }
  libpq().free_options(options);
  const std::string user = values["user"].empty() ? "" : values["user"] + "@";
  const std::string port = values["port"].empty() ? "" : ":" + values["port"];
  return "postgresql://" + user + values["host"] + port + "/" + values["dbname"];
}

}  // namespace unio::sql
