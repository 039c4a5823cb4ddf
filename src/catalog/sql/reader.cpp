#include "catalog/sql/reader.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/sql/body_codec.hpp"
#include "catalog/sql/document_index.hpp"
#include "catalog/sql/lookup.hpp"

namespace unio::sql {
namespace {

/// Databases take some ten thousand values in one query.
constexpr std::size_t most_at_once = 1000;

/// Reads documents, and what many of them share once.
class Reader {
 public:
  explicit Reader(SqlConnection& connection) : connection_(connection) {}

  void read(std::span<const std::int64_t> numbers) {
    const std::vector<SqlLookup> lookups{document_lookup(numbers), environment_lookup(numbers),
                                         parent_lookup(numbers)};
    connection_.run_together(lookups);
    sharing_.clear();
  }

  std::map<std::int64_t, CatalogDocument> documents() && { return std::move(documents_); }

 private:
  SqlLookup document_lookup(std::span<const std::int64_t> numbers) {
    return {SqlQuery{"SELECT d.n, d.kind, d.time, d.revision, i.id, b.body, d.environment FROM documents d "
                     "JOIN nodes i ON i.n = d.n JOIN bodies b ON b.n = d.n WHERE ",
                     {}} +
                among("d.n", numbers),
            [this](const SqlRow& row) {
              CatalogDocument& document = documents_[row.integer(0)];
              document.kind = static_cast<DocumentKind>(row.integer(1));
              document.creation_time = Time(std::chrono::microseconds(row.integer(2)));
              document.revision = static_cast<std::uint64_t>(row.integer(3));
              document.id = std::string(row.bytes(4));
              document.document = Json::parse(unpacked(row.bytes(5)));
              if (!row.is_null(6)) sharing_[row.integer(6)].push_back(&document);
            }};
  }

  /// Seen after the documents.
  SqlLookup environment_lookup(std::span<const std::int64_t> numbers) {
    return {SqlQuery{"SELECT n, body FROM environments WHERE n IN (SELECT environment FROM documents WHERE ",
                     {}} +
                among("n", numbers) + ")",
            [this](const SqlRow& row) {
              Json packages = Json::parse(row.bytes(1));
              const std::vector<CatalogDocument*>& sharing = sharing_[row.integer(0)];
              for (CatalogDocument* document : sharing) {
                const bool is_last = document == sharing.back();
                document->document.set(std::string(environment_field),
                                       is_last ? std::move(packages) : packages);
              }
            }};
  }

  SqlLookup parent_lookup(std::span<const std::int64_t> numbers) {
    return {SqlQuery{"SELECT p.child, i.id FROM parents p JOIN nodes i ON i.n = p.parent WHERE ", {}} +
                among("p.child", numbers) + " ORDER BY p.child, p.position",
            [this](const SqlRow& row) {
              const auto child = documents_.find(row.integer(0));
              if (child != documents_.end()) child->second.based_on.emplace_back(row.bytes(1));
            }};
  }

  SqlQuery among(std::string_view column, std::span<const std::int64_t> numbers) const {
    return connection_.dialect().among(column, numbers);
  }

  SqlConnection& connection_;
  std::map<std::int64_t, CatalogDocument> documents_;
  /// By the number of the environment, whose documents it is.
  std::map<std::int64_t, std::vector<CatalogDocument*>> sharing_;
};

}  // namespace

std::map<std::int64_t, CatalogDocument> read_documents(SqlConnection& connection,
                                                       std::span<const std::int64_t> numbers) {
  Reader reader(connection);
  for (std::size_t begin = 0; begin < numbers.size(); begin += most_at_once) {
    const std::size_t count = std::min(most_at_once, numbers.size() - begin);
    reader.read(numbers.subspan(begin, count));
  }
  return std::move(reader).documents();
}

std::optional<CatalogDocument> read_document(SqlConnection& connection, std::int64_t number) {
  auto documents = read_documents(connection, {&number, 1});
  if (documents.empty()) return std::nullopt;
  return std::move(documents.begin()->second);
}

Json restored_document(std::string_view body, std::string_view environment) {
  Json document = Json::parse(unpacked(body));
  // The member has kept its place.
  if (!environment.empty()) document.set(std::string(environment_field), Json::parse(environment));
  return document;
}

}  // namespace unio::sql
