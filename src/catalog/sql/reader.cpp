#include "catalog/sql/reader.hpp"

#include <fmt/format.h>

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
    Sharing environments;
    select(
        "SELECT d.n, d.kind, d.time, d.revision, i.id, b.body, d.environment FROM documents d "
        "JOIN nodes i ON i.n = d.n JOIN bodies b ON b.n = d.n",
        "d.n", numbers, "", [&](const SqlRow& row) {
          CatalogDocument& document = documents_[row.integer(0)];
          document.kind = static_cast<DocumentKind>(row.integer(1));
          document.creation_time = Time(std::chrono::microseconds(row.integer(2)));
          document.revision = static_cast<std::uint64_t>(row.integer(3));
          document.id = std::string(row.bytes(4));
          document.document = Json::parse(unpacked(row.bytes(5)));
          if (!row.is_null(6)) environments[row.integer(6)].push_back(&document);
        });
    set_environments(environments);
    read_parents(numbers);
  }

  std::map<std::int64_t, CatalogDocument> documents() && { return std::move(documents_); }

 private:
  using Sharing = std::map<std::int64_t, std::vector<CatalogDocument*>>;

  /// Runs what is prepared once, however often it is asked.
  void select(std::string_view what, std::string_view column, std::span<const std::int64_t> numbers,
              std::string_view order, const std::function<void(const SqlRow&)>& each) {
    const SqlQuery among = connection_.dialect().among(column, numbers);
    connection_.run_many(fmt::format("{} WHERE {}{}", what, among.text, order), {&among.values, 1},
                         [&](std::size_t, const SqlRow& row) { each(row); });
  }

  void set_environments(const Sharing& environments) {
    std::vector<std::int64_t> numbers;
    for (const auto& [n, documents] : environments) numbers.push_back(n);
    if (numbers.empty()) return;
    select("SELECT n, body FROM environments", "n", numbers, "", [&](const SqlRow& row) {
      Json packages = Json::parse(row.bytes(1));
      const std::vector<CatalogDocument*>& sharing = environments.at(row.integer(0));
      for (CatalogDocument* document : std::span(sharing).subspan(1)) {
        document->document.set(std::string(environment_field), packages);
      }
      sharing.front()->document.set(std::string(environment_field), std::move(packages));
    });
  }

  void read_parents(std::span<const std::int64_t> numbers) {
    select("SELECT p.child, i.id FROM parents p JOIN nodes i ON i.n = p.parent", "p.child", numbers,
           " ORDER BY p.child, p.position", [&](const SqlRow& row) {
             const auto child = documents_.find(row.integer(0));
             if (child != documents_.end()) child->second.based_on.emplace_back(row.bytes(1));
           });
  }

  SqlConnection& connection_;
  std::map<std::int64_t, CatalogDocument> documents_;
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
