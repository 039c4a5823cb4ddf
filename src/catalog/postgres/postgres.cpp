#include "catalog/postgres/postgres.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"
#include "catalog/sql/lookup.hpp"

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
/// A connection keeps the plans of so many statements.
constexpr std::size_t most_prepared = 64;
/// Many rows are inserted by statements of this many: each statement takes longer than its row.
constexpr std::size_t rows_in_statement = 128;
/// Measured: a lookup takes 4 us and a row 0.25 us; but where two lists have little in common the rest is
/// looked up all the same.
constexpr std::int64_t rows_per_lookup = 6;
constexpr auto begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// The server cannot know how long our lists are, and takes all for short.
constexpr std::array joins_in_order{"SET LOCAL enable_nestloop = off", "SET LOCAL enable_hashjoin = off"};
constexpr std::array joins_by_lookup{"SET LOCAL enable_nestloop = on", "SET LOCAL enable_hashjoin = on"};

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

void show_all(PostgresPipeline& pipeline, const std::function<void(const SqlRow&)>& each) {
  show_rows(pipeline.next().get(), [&](const SqlRow& row) {
    each(row);
    return More::yes;
  });
}

/// One value, so that statements are the same for any count, and are planned once.
SqlQuery among(std::string_view column, std::span<const std::int64_t> numbers) {
  return {fmt::format("{} = ANY (CAST(CAST(? AS TEXT) AS BIGINT[]))", column),
          {SqlText{fmt::format("{{{}}}", fmt::join(numbers, ","))}}};
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url) : connection_(libpq().connect(url.c_str())) {
  if (!connection_ || libpq().status(connection_.get()) != CONNECTION_OK) {
    fail_postgres(connection_.get(), nullptr);
  }
  // The order of joins is chosen by who knows the sizes; compiling takes longer than our queries; and of a
  // long answer the first rows are wanted soon.
  run_script(
      "SET client_min_messages = warning; SET join_collapse_limit = 1; SET jit = off;"
      "SET cursor_tuple_fraction = 0.001;"
      "SET standard_conforming_strings = on; SET bytea_output = hex");
}

std::vector<PostgresResult> PostgresConnection::exchange(std::span<const SqlQuery> queries) {
  if (deadline_ && SteadyClock::now() > *deadline_) {
    throw Error(ErrorCode::deadline_exceeded, "searching the catalogue took too long",
                "narrow the query, for example by user or time");
  }
  const bool in_order =
      std::ranges::any_of(queries, [](const SqlQuery& query) { return query.joins == Joins::in_order; });
  if (in_order) queued_.insert(queued_.end(), joins_in_order.begin(), joins_in_order.end());
  PostgresPipeline pipeline(connection_.get(), std::exchange(queued_, {}));
  if (in_order) queued_.assign(joins_by_lookup.begin(), joins_by_lookup.end());
  for (const SqlQuery& query : queries) pipeline.send(query);
  pipeline.sync();
  std::vector<PostgresResult> answers;
  for (std::size_t i = 0; i < queries.size(); ++i) answers.push_back(pipeline.next());
  return answers;
}

void PostgresConnection::query(const SqlQuery& query, const Each& each) {
  show_rows(exchange({&query, 1}).front().get(), each);
}

void PostgresConnection::stream(const SqlQuery& query, const Each& each) {
  const std::string cursor = fmt::format("c{}", ++cursors_);
  const auto fetch = [&](int rows) { return SqlQuery{fmt::format("FETCH {} FROM {}", rows, cursor), {}}; };
  int wanted = first_rows;
  const SqlQuery first[]{SqlQuery{fmt::format("DECLARE {} NO SCROLL CURSOR FOR ", cursor), {}} + query,
                         fetch(wanted)};
  PostgresResult rows = std::move(exchange(first).back());
  for (More more = More::yes;;) {
    show_rows(rows.get(), [&](const SqlRow& row) { return more = each(row); });
    if (more == More::no || libpq().rows(rows.get()) < wanted) break;
    wanted = std::min(wanted + wanted / 2, most_rows);
    const SqlQuery next = fetch(wanted);
    rows = std::move(exchange({&next, 1}).front());
  }
  queued_.push_back("CLOSE " + cursor);
}

void PostgresConnection::prepare(std::span<const std::string_view> texts) {
  if (std::ranges::all_of(texts, [this](std::string_view text) { return prepared_.contains(text); })) return;
  if (prepared_.size() + texts.size() > most_prepared) {
    run_script("DEALLOCATE ALL");
    prepared_.clear();
  }
  for (const std::string_view text : texts) {
    if (prepared_.contains(text)) continue;
    const std::string name = fmt::format("s{}", prepared_.size());
    checked_result(connection_.get(),
                   libpq().prepare(connection_.get(), name.c_str(), numbered(text).c_str(), 0, nullptr));
    prepared_.emplace(text, name);
  }
}

void PostgresConnection::run_many(std::string_view text, std::span<const SqlValues> rows,
                                  const EachOfMany& each) {
  if (rows.empty()) return;
  prepare(std::array{text});
  const std::string& statement = prepared_.find(text)->second;
  for (std::size_t begin = 0; begin < rows.size(); begin += sent_at_once) {
    PostgresPipeline pipeline(connection_.get(), std::exchange(queued_, {}));
    const std::size_t end = std::min(rows.size(), begin + sent_at_once);
    for (std::size_t i = begin; i < end; ++i) pipeline.send_prepared(statement, rows[i]);
    pipeline.sync();
    for (std::size_t i = begin; i < end; ++i) show_all(pipeline, [&](const SqlRow& row) { each(i, row); });
  }
}

void PostgresConnection::run_together(std::span<const SqlLookup> lookups) {
  std::vector<std::string_view> texts;
  for (const SqlLookup& lookup : lookups) texts.emplace_back(lookup.query.text);
  prepare(texts);
  PostgresPipeline pipeline(connection_.get(), std::exchange(queued_, {}));
  for (const SqlLookup& lookup : lookups) {
    pipeline.send_prepared(prepared_.find(lookup.query.text)->second, lookup.query.values);
  }
  pipeline.sync();
  for (const SqlLookup& lookup : lookups) show_all(pipeline, lookup.each);
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
    queued_ = {begin_reading};
  } else {
    queued_ = {"BEGIN"};
    run({"SELECT pg_advisory_xact_lock(?)", {writers_lock}});
  }
}

void PostgresConnection::commit() {
  deadline_.reset();
  // What is queued would end with the transaction, or it is the beginning of one in which nothing was asked.
  const bool has_begun = queued_.empty() || queued_.front() != begin_reading;
  queued_.clear();
  if (has_begun) run({"COMMIT", {}});
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
  queued_.push_back(fmt::format("SET LOCAL statement_timeout = {}", std::max<std::int64_t>(left, 1)));
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
  const std::string script = fmt::format("{};{}", fmt::join(std::exchange(queued_, {}), ";"), text);
  checked_result(connection_.get(), libpq().exec(connection_.get(), script.c_str()));
}

const SqlDialect& PostgresConnection::dialect() const {
  static const SqlDialect dialect{
      .rows_per_lookup = rows_per_lookup,
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
