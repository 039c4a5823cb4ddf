#include "catalog/sql/reader.hpp"

#include <algorithm>

#include "catalog/sql/lookup.hpp"
#include "catalog/sql/writer.hpp"

namespace unio::sql {
namespace {

/// Databases take some ten thousand values in one query.
constexpr std::size_t most_at_once = 1000;

void read_some(SqlConnection& connection, std::span<const std::int64_t> numbers,
               std::map<std::int64_t, CatalogDocument>& documents) {
  const std::string wanted = "IN (" + placeholders(numbers.size()) + ")";
  const SqlValues values(numbers.begin(), numbers.end());
  connection.query({"SELECT d.n, d.kind, d.time, d.revision, i.id, b.body, e.body FROM documents d "
                    "JOIN nodes i ON i.n = d.n JOIN bodies b ON b.n = d.n "
                    "LEFT JOIN environments e ON e.n = d.environment WHERE d.n " +
                        wanted,
                    values},
                   [&](const SqlRow& row) {
                     CatalogDocument& document = documents[row.integer(0)];
                     document.kind = static_cast<DocumentKind>(row.integer(1));
                     document.creation_time = Time(std::chrono::microseconds(row.integer(2)));
                     document.revision = static_cast<std::uint64_t>(row.integer(3));
                     document.id = std::string(row.bytes(4));
                     document.document = restored_document(row.bytes(5), row.is_null(6) ? "" : row.bytes(6));
                     return More::yes;
                   });
  connection.query({"SELECT p.child, i.id FROM parents p JOIN nodes i ON i.n = p.parent WHERE p.child " +
                        wanted + " ORDER BY p.child, p.position",
                    values},
                   [&](const SqlRow& row) {
                     const auto child = documents.find(row.integer(0));
                     if (child != documents.end()) child->second.based_on.emplace_back(row.bytes(1));
                     return More::yes;
                   });
}

}  // namespace

std::map<std::int64_t, CatalogDocument> read_documents(SqlConnection& connection,
                                                       std::span<const std::int64_t> numbers) {
  std::map<std::int64_t, CatalogDocument> documents;
  for (std::size_t begin = 0; begin < numbers.size(); begin += most_at_once) {
    const std::size_t count = std::min(most_at_once, numbers.size() - begin);
    read_some(connection, numbers.subspan(begin, count), documents);
  }
  return documents;
}

std::optional<CatalogDocument> read_document(SqlConnection& connection, std::int64_t number) {
  auto documents = read_documents(connection, {&number, 1});
  if (documents.empty()) return std::nullopt;
  return std::move(documents.begin()->second);
}

}  // namespace unio::sql
