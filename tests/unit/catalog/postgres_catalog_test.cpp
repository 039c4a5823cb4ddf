#include "catalog/postgres/postgres_catalog.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>

#include "base/random.hpp"
#include "catalog/postgres/postgres.hpp"
#include "contract/catalog_test.hpp"

namespace unio::test {
namespace {

class PostgresCatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* server = std::getenv("UNIO_TEST_POSTGRES");
    if (server == nullptr) GTEST_SKIP() << "there is no PostgreSQL server; scripts/with-postgres runs one";
    server_ = server;
    SystemRandom random;
    name_ = "t" + random_id(random);
    on_server("CREATE DATABASE " + name_);
  }
  void TearDown() override {
    if (!name_.empty()) on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
  }

  void on_server(const std::string& statement) const {
    sql::PostgresConnection(server_ + "/postgres").run_script(statement);
  }
  /// What a restart or a broken line does.
  void cut_all_connections() const {
    on_server("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
  }
  std::string url() const { return server_ + "/" + name_; }

 private:
  std::string server_, name_;
};

using PostgresCatalog = PostgresCatalogTest;

TEST_F(PostgresCatalog, goes_on_after_its_connections_were_lost_between_two_calls) {
  const auto catalog = open_postgres_catalog(url());
  EXPECT_EQ(catalog->put(std::vector{a_document("a", 1)}), 1);
  cut_all_connections();
  EXPECT_EQ(catalog->put(std::vector{a_document("a", 1), a_document("b", 2)}), 1) << "once each";
  EXPECT_EQ(catalog->find(query("{}"), {}).total, (FindTotal{2, true}));
}

TEST_F(PostgresCatalog, finds_after_its_connections_were_lost) {
  const auto catalog = open_postgres_catalog(url());
  catalog->put(std::vector{a_document("a", 1)});
  cut_all_connections();
  EXPECT_EQ(catalog->find(query("{}"), {}).total, (FindTotal{1, true}));
  cut_all_connections();
  EXPECT_EQ(catalog->find_ids("", 10), std::vector<std::string>{"a"});
}

TEST_F(PostgresCatalog, goes_on_with_a_connection_on_which_a_query_took_too_long) {
  sql::PostgresConnection connection(url());
  for (const sql::Joins joins : {sql::Joins::by_lookup, sql::Joins::in_order}) {
    sql::SqlTransaction transaction(connection, sql::Access::read);
    connection.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
    const sql::SqlQuery slow{"SELECT 1 FROM pg_sleep(60)", {}, joins};
    EXPECT_UNIO_ERROR(connection.find_integer(slow), deadline_exceeded);
    transaction.commit();
    connection.set_deadline(std::nullopt);
    EXPECT_EQ(connection.find_integer({"SELECT 7", {}}), 7);
  }
  sql::SqlTransaction(connection, sql::Access::read).commit();
  EXPECT_EQ(connection.find_integer({"SELECT 8", {}}), 8)
      << "nor does a transaction without a statement matter";
}

TEST_F(PostgresCatalog, keeps_the_plans_of_a_bounded_number_of_statements) {
  sql::PostgresConnection connection(url());
  for (int i = 0; i < 200; ++i) {
    std::vector<std::int64_t> answers;
    const auto sees = [&](const sql::SqlRow& row) { answers.push_back(row.integer(0)); };
    const sql::SqlQuery first{fmt::format("SELECT {} + CAST(? AS BIGINT)", i), {std::int64_t{1}}};
    const sql::SqlQuery second{fmt::format("SELECT {} + CAST(? AS BIGINT)", i + 1), {std::int64_t{10}}};
    connection.run_together(std::vector<sql::SqlLookup>{{first, sees}, {second, sees}});
    EXPECT_EQ(answers, (std::vector<std::int64_t>{i + 1, i + 11}));
  }
  EXPECT_THAT(connection.find_integer({"SELECT count(*) FROM pg_prepared_statements", {}}),
              testing::Optional(testing::AllOf(testing::Gt(0), testing::Le(64))));
}

TEST_F(PostgresCatalog, forgets_no_plan_for_a_statement_that_it_knows) {
  sql::PostgresConnection connection(url());
  const auto ask = [&](int number) {
    const sql::SqlLookup lookup{{fmt::format("SELECT {}", number), {}}, [](const sql::SqlRow&) {}};
    connection.run_together({&lookup, 1});
  };
  for (int i = 0; i < 64; ++i) ask(i);
  ask(0);
  EXPECT_EQ(connection.find_integer({"SELECT count(*) FROM pg_prepared_statements", {}}), 64);
}

TEST_F(PostgresCatalog, says_that_it_is_away) {
  EXPECT_UNIO_ERROR(open_postgres_catalog("postgresql://unio@127.0.0.1:1/none"), unavailable);
}

TEST_F(PostgresCatalog, shows_no_password) {
  EXPECT_EQ(sql::without_password("postgresql://me:secret@host:1234/db?sslpassword=hidden"),
            "postgresql://me@host:1234/db");
  EXPECT_EQ(sql::without_password("postgresql://host/db?user=me&password=secret"), "postgresql://me@host/db");
  EXPECT_UNIO_ERROR(sql::without_password("postgresql://[secret"), invalid_argument);
}

TEST_F(PostgresCatalog, leaves_alone_what_a_newer_version_made) {
  open_postgres_catalog(url());
  sql::PostgresConnection(url()).set_schema_version(1000);
  EXPECT_UNIO_ERROR(open_postgres_catalog(url()), unsupported);
}

TEST_F(PostgresCatalog, says_what_it_may_not_write) {
  open_postgres_catalog(url());
  const auto catalog = open_postgres_catalog(url() + "?options=-c%20default_transaction_read_only%3Don");
  EXPECT_UNIO_ERROR(catalog->put(std::vector{a_document("a", 1)}), permission_denied);
}

}  // namespace
}  // namespace unio::test
