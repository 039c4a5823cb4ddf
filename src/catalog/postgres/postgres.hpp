#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "catalog/postgres/libpq.hpp"
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
  struct Clear {
    void operator()(PGresult* result) const { libpq().clear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  Result run_query(const SqlQuery& query);
  Result checked(PGresult* result);
  const std::string& prepared(std::string_view text);
  void send(const std::string& statement, const SqlValues& values);
  void receive(std::size_t index, const EachOfMany& each);
  [[noreturn]] void fail(const PGresult* result);

  std::unique_ptr<PGconn, Finish> connection_;
  /// The names of prepared statements, by text.
  std::map<std::string, std::string, std::less<>> prepared_;
  int cursors_ = 0;
  Deadline deadline_;
};

/// The URL without a password, for people to see. Error invalid_argument for what is none.
std::string without_password(const std::string& url);

}  // namespace unio::sql
