#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/postgres/libpq.hpp"
#include "catalog/postgres/pipeline.hpp"
#include "catalog/sql/connection.hpp"

namespace unio::sql {

/// A connection to a PostgreSQL server: the only place that sees its handles and turns its failures into
/// Errors.
///
/// Errors: unavailable for a server that is away, or a connection that broke; unauthenticated,
/// permission_denied, no_space, corruption, deadline_exceeded as the server says.
class PostgresConnection final : public SqlConnection {
 public:
  explicit PostgresConnection(const std::string& url);

  void query(const SqlQuery& query, const Each& each) override;
  void stream(const SqlQuery& query, const Each& each) override;
  using SqlConnection::run_many;
  void run_many(std::string_view text, std::span<const SqlValues> rows, const EachOfMany& each) override;
  void run_together(std::span<const SqlLookup> lookups) override;
  void insert_many(std::string_view into, std::span<const SqlValues> rows, IfPresent if_present) override;
  void begin(Access access) override;
  void commit() override;
  void roll_back() noexcept override;
  void set_deadline(Deadline deadline) override;
  const SqlDialect& dialect() const override;
  void compact() override;
  std::int64_t schema_version() override;
  void set_schema_version(std::int64_t version) override;
  void run_script(std::string_view text) override;

 private:
  struct Finish {
    void operator()(PGconn* connection) const { libpq().finish(connection); }
  };

  /// Sends all at once, and shows the answers.
  std::vector<PostgresResult> exchange(std::span<const SqlQuery> queries);
  /// Others may be forgotten for them.
  void prepare(std::span<const std::string_view> texts);

  std::unique_ptr<PGconn, Finish> connection_;
  /// The names of prepared statements, by text.
  std::map<std::string, std::string, std::less<>> prepared_;
  /// Statements of which nothing is to be known: they go with the next one, and fail with it.
  std::vector<std::string> queued_;
  int cursors_ = 0;
  Deadline deadline_;
};

/// The URL without a password, for people to see. Error invalid_argument for what is none.
std::string without_password(const std::string& url);

}  // namespace unio::sql
