#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/postgres/libpq.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

struct ClearResult {
  void operator()(PGresult* result) const { libpq().clear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

/// Throws what went wrong: `result` says it, or where that is null the connection.
[[noreturn]] void fail_postgres(const PGconn* connection, const PGresult* result);
/// Owns a result; throws what it says went wrong.
PostgresResult checked_result(const PGconn* connection, PGresult* result);
/// Shows its rows until `each` has enough.
void show_rows(const PGresult* result, const SqlConnection::Each& each);

/// Statements that are sent one after the other, without waiting for the answers of those before: then
/// `sync`, then `next` for the answer of each, in order. After one that failed the server skips the others.
/// Answers that were not taken are passed over at the end, after which the connection is as before.
class PostgresPipeline {
 public:
  /// `first` are statements without values that go before; `sync` tells whether they failed.
  PostgresPipeline(PGconn* connection, const std::vector<std::string>& first);
  ~PostgresPipeline();
  PostgresPipeline(const PostgresPipeline&) = delete;
  PostgresPipeline& operator=(const PostgresPipeline&) = delete;

  void send(const SqlQuery& query);
  /// A statement that was prepared under a name.
  void send_prepared(const std::string& name, const SqlValues& values);
  void sync();
  /// Throws what the answer says went wrong.
  PostgresResult next();

 private:
  PGconn* connection_;
  std::size_t first_;
  bool is_synced_ = false;
};

/// `?` becomes `$1`, `$2` …; none of our statements has one that is no parameter.
std::string numbered(std::string_view text);

}  // namespace unio::sql
