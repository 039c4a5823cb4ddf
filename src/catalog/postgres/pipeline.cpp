#include "catalog/postgres/pipeline.hpp"

#include <endian.h>
#include <fmt/format.h>

#include <cstring>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace unio::sql {
namespace {

/// Of parameters and results.
constexpr int as_text = 0, as_binary = 1;

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

}  // namespace

void fail_postgres(const PGconn* connection, const PGresult* result) {
  const char* state = result == nullptr ? nullptr : libpq().error_field(result, PG_DIAG_SQLSTATE);
  const bool lost = connection == nullptr || libpq().status(connection) != CONNECTION_OK;
  const ErrorCode code = lost || state == nullptr ? ErrorCode::unavailable : code_of(state);
  const char* why =
      result == nullptr ? libpq().error_message(connection) : libpq().result_error_message(result);
  throw Error(code, fmt::format("the catalogue on PostgreSQL: {}", first_line(why)),
              code == ErrorCode::unavailable ? "what was saved is safe in the store; try again later" : "");
}

PostgresResult checked_result(const PGconn* connection, PGresult* raw) {
  PostgresResult result(raw);
  const ExecStatusType status = libpq().result_status(raw);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail_postgres(connection, raw);
  return result;
}

void show_rows(const PGresult* result, const SqlConnection::Each& each) {
  for (int row = 0; row < libpq().rows(result); ++row) {
    if (each(ResultRow(result, row)) == More::no) return;
  }
}

PostgresPipeline::PostgresPipeline(PGconn* connection, const std::vector<std::string>& first)
    : connection_(connection), first_(first.size()) {
  if (libpq().enter_pipeline(connection_) == 0) fail_postgres(connection_, nullptr);
  for (const std::string& statement : first) send({statement, {}});
}

PostgresPipeline::~PostgresPipeline() {
  while (is_synced_ && libpq().status(connection_) == CONNECTION_OK) {
    const PostgresResult passed(libpq().next_result(connection_));
    if (passed && libpq().result_status(passed.get()) == PGRES_PIPELINE_SYNC) is_synced_ = false;
  }
  libpq().exit_pipeline(connection_);  // fails where the connection is lost, and then the next use says so
}

void PostgresPipeline::send(const SqlQuery& query) {
  const Parameters parameters(query.values);
  if (libpq().send_params(connection_, numbered(query.text).c_str(), parameters.count(), parameters.types(),
                          parameters.data(), parameters.lengths(), parameters.formats(), as_binary) == 0) {
    fail_postgres(connection_, nullptr);
  }
}

void PostgresPipeline::send_prepared(const std::string& name, const SqlValues& values) {
  const Parameters parameters(values);
  if (libpq().send_prepared(connection_, name.c_str(), parameters.count(), parameters.data(),
                            parameters.lengths(), parameters.formats(), as_binary) == 0) {
    fail_postgres(connection_, nullptr);
  }
}

void PostgresPipeline::sync() {
  if (libpq().sync_pipeline(connection_) == 0) fail_postgres(connection_, nullptr);
  is_synced_ = true;
  for (std::size_t i = 0; i < first_; ++i) next();
}

PostgresResult PostgresPipeline::next() {
  PostgresResult result = checked_result(connection_, libpq().next_result(connection_));
  const PostgresResult end(libpq().next_result(connection_));  // each statement's answers end with nothing
  return result;
}

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

}  // namespace unio::sql
