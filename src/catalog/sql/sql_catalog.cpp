#include "catalog/sql/sql_catalog.hpp"

#include "base/error.hpp"
#include "catalog/sql/lookup.hpp"
#include "catalog/sql/reader.hpp"
#include "catalog/sql/search.hpp"
#include "catalog/sql/writer.hpp"

namespace unio::sql {
namespace {

/// In front of the names of callers' states, beside which we keep our own.
std::string state_name(std::string_view name) {
  return "state " + std::string(name);
}

void put_states(SqlConnection& connection, const CatalogStates& states) {
  for (const auto& [name, value] : states) {
    connection.run(
        {"INSERT INTO states(name, value) VALUES (?, ?) "
         "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
         {bytes(state_name(name)), bytes(value)}});
  }
}

/// The least text that is greater than all that begin with `prefix`; absent when there is none.
std::optional<std::string> end_of(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

std::unique_ptr<SqlConnection> SqlCatalog::take() {
  {
    auto idle = idle_.lock();
    while (!idle->empty()) {
      auto connection = std::move(idle->back());
      idle->pop_back();
      if (connection->is_current()) return connection;
    }
  }
  return connect_();
}

template <class Body>
auto SqlCatalog::in_transaction(Access access, Body&& body) {
  std::unique_ptr<SqlConnection> connection = take();
  for (bool may_repeat = true;;) {
    try {
      SqlTransaction transaction(*connection, access);
      may_repeat = may_repeat && access == Access::read;
      auto result = body(*connection);
      transaction.commit();
      connection->set_deadline(std::nullopt);
      idle_.lock()->push_back(std::move(connection));
      return result;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable || !may_repeat) throw;
    }
    // One that was idle may have been lost meanwhile, and then the others, too.
    may_repeat = false;
    idle_.lock()->clear();
    connection = connect_();
  }
}

std::size_t SqlCatalog::put(std::span<const CatalogDocument> documents, const CatalogStates& states,
                            Indexing indexing) {
  PreparedDocuments prepared = prepare(documents, *hash_.lock());
  const std::lock_guard one_writes(writing_);
  const std::size_t put = in_transaction(Access::write, [&](SqlConnection& connection) {
    const std::size_t changed = put_prepared(connection, prepared, indexing);
    put_states(connection, states);
    return changed;
  });
  *hash_.lock() = prepared.hash;
  return put;
}

std::optional<CatalogDocument> SqlCatalog::find_document(std::string_view id) {
  return in_transaction(Access::read, [&](SqlConnection& connection) -> std::optional<CatalogDocument> {
    const auto n = connection.find_integer({"SELECT n FROM nodes WHERE id = ?", {bytes(id)}});
    return n ? read_document(connection, *n) : std::nullopt;
  });
}

std::vector<std::string> SqlCatalog::find_ids(std::string_view prefix, std::size_t limit) {
  SqlQuery query{"SELECT i.id FROM nodes i WHERE i.id >= ?", {bytes(prefix)}};
  if (const auto end = end_of(std::string(prefix))) query += SqlQuery{" AND i.id < ?", {bytes(*end)}};
  query += SqlQuery{" AND EXISTS (SELECT 1 FROM documents d WHERE d.n = i.n) ORDER BY i.id LIMIT ?",
                    {static_cast<std::int64_t>(limit)}};
  return in_transaction(Access::read, [&](SqlConnection& connection) {
    std::vector<std::string> ids;
    connection.query(query, [&](const SqlRow& row) {
      ids.emplace_back(row.bytes(0));
      return More::yes;
    });
    return ids;
  });
}

FindPage SqlCatalog::find(const Query& query, const FindOptions& options) {
  return in_transaction(Access::read, [&](SqlConnection& connection) {
    connection.set_deadline(std::chrono::steady_clock::now() + options.time_limit);
    return search(connection, query, options);
  });
}

std::vector<LineageNode> SqlCatalog::find_lineage(std::string_view id, Direction direction,
                                                  std::size_t limit) {
  const std::string_view text =
      direction == Direction::up
          ? "SELECT i.id, d.time FROM parents p JOIN nodes i ON i.n = p.parent LEFT JOIN documents d ON d.n "
            "= i.n "
            "WHERE p.child = (SELECT n FROM nodes WHERE id = ?) ORDER BY p.position LIMIT ?"
          : "SELECT i.id, c.time FROM children c JOIN nodes i ON i.n = c.child "
            "WHERE c.parent = (SELECT n FROM nodes WHERE id = ?) ORDER BY c.time DESC, i.id LIMIT ?";
  return in_transaction(Access::read, [&](SqlConnection& connection) {
    std::vector<LineageNode> nodes;
    connection.query(
        {std::string(text), {bytes(id), static_cast<std::int64_t>(limit)}}, [&](const SqlRow& row) {
          LineageNode& node = nodes.emplace_back(LineageNode{std::string(row.bytes(0)), std::nullopt});
          if (!row.is_null(1)) node.creation_time = Time(std::chrono::microseconds(row.integer(1)));
          return More::yes;
        });
    return nodes;
  });
}

std::optional<std::string> SqlCatalog::find_state(std::string_view name) {
  return in_transaction(Access::read, [&](SqlConnection& connection) {
    return connection.find_bytes({"SELECT value FROM states WHERE name = ?", {bytes(state_name(name))}});
  });
}

void SqlCatalog::compact() {
  std::unique_ptr<SqlConnection> connection = take();
  connection->compact();
  idle_.lock()->push_back(std::move(connection));
}

void SqlCatalog::rebuild(const Fill& fill, Present present) {
  if (present == Present::goes) clear();
  fill(*this);
}

void SqlCatalog::clear() {
  in_transaction(Access::write, [](SqlConnection& connection) {
    connection.run({std::string(connection.dialect().remove_all_texts), {}});
    // In the order that keeps what refers to others from being left alone.
    for (const char* table : {"waiting", "parents", "children", "number_values", "string_values", "bodies",
                              "documents", "environment_strings", "environments", "shape_paths", "shapes",
                              "paths", "strings", "searched", "nodes", "states"}) {
      connection.run({std::string("DELETE FROM ") + table, {}});
    }
    return 0;
  });
}

}  // namespace unio::sql
