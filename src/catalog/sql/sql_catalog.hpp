#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/threads.hpp"
#include "catalog/catalog.hpp"
#include "catalog/sql/connection.hpp"
#include "catalog/sql/lookup.hpp"

namespace unio::sql {

/// A Catalog in a SQL database. Each call has a connection to itself, which later calls use again unless it
/// failed, or leads to what is no longer the database.
class SqlCatalog : public Catalog {
 public:
  /// Opens a connection to a database that has the tables.
  using Connect = std::function<std::unique_ptr<SqlConnection>()>;

  SqlCatalog(std::string url, Connect connect) : url_(std::move(url)), connect_(std::move(connect)) {}

  using Catalog::put;
  std::string url() const override { return url_; }
  std::size_t put(std::span<const CatalogDocument> documents, const CatalogStates& states,
                  Indexing indexing) override;
  std::optional<CatalogDocument> find_document(std::string_view id) override;
  std::vector<std::string> find_ids(std::string_view prefix, std::size_t limit) override;
  FindPage find(const Query& query, const FindOptions& options) override;
  std::vector<LineageNode> find_lineage(std::string_view id, Direction direction, std::size_t limit) override;
  std::optional<std::string> find_state(std::string_view name) override;
  void compact() override;
  void rebuild(const Fill& fill, Present present) override;

 private:
  /// Runs `body` in a transaction, which is committed when it returns.
  template <class Body>
  auto in_transaction(Access access, Body&& body);
  std::unique_ptr<SqlConnection> take();
  void clear();

  std::string url_;
  Connect connect_;
  /// Held by whoever puts: databases let others wait less well, and the same connection has the pages at
  /// hand.
  std::mutex writing_;
  /// As it was when something was put; a wrong one costs time.
  Synchronized<TextHash> hash_{TextHash({})};
  Synchronized<std::vector<std::unique_ptr<SqlConnection>>> idle_;
};

}  // namespace unio::sql
