#include "catalog/sql/writer.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "catalog/sql/document_index.hpp"
#include "catalog/sql/entry.hpp"
#include "catalog/sql/lookup.hpp"
#include "catalog/sql/reader.hpp"
#include "catalog/sql/value_writer.hpp"

namespace unio::sql {
namespace {

/// Entries take as long to make as to write, which is for one thread.
constexpr unsigned preparing_threads = 2;

using Numbers = std::map<std::string, std::int64_t, std::less<>>;

void check_document(const CatalogDocument& document) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorCode::invalid_argument, fmt::format("the document '{}' {}", document.id, why));
  };
  if (document.id.empty()) refuse("has no id");
  if (!document.document.is_object()) refuse("is no object");
  const Json* time = document.document.find(time_field);
  if (time == nullptr || QueryValue::of_document(*time) != QueryValue{document.creation_time}) {
    refuse("does not say when it was created, or says something else");
  }
}

/// The environment that a document says it has.
const Json* find_packages(const CatalogDocument& document) {
  return document.shared_packages ? document.shared_packages.get()
                                  : document.document.find(environment_field);
}

/// The text of the document as it is found later.
std::string canonical_text(const CatalogDocument& document) {
  if (!document.shared_packages) return document.document.dump(JsonStyle::canonical);
  Json whole = document.document;
  whole.set(std::string(environment_field), *document.shared_packages);
  return whole.dump(JsonStyle::canonical);
}

bool is_newer(const CatalogDocument& left, const CatalogDocument& right) {
  if (left.revision != right.revision) return left.revision > right.revision;
  return canonical_text(left) > canonical_text(right);
}

class Writer {
 public:
  explicit Writer(SqlConnection& connection)
      : connection_(connection), hash_(TextHash::make(connection)), values_(connection) {}

  std::size_t put(PreparedDocuments& prepared, Indexing indexing) {
    std::vector<Entry>& entries = prepared.entries;
    if (!(prepared.hash == hash_)) {
      for (Entry& entry : entries) entry.hash_strings(hash_);
      prepared.hash = hash_;
    }
    const Numbers nodes = node_numbers(entries);
    for (Entry& entry : entries) entry.n = nodes.at(entry.document->id);
    const std::map<std::int64_t, CatalogDocument> known = present_documents(entries);
    std::erase_if(entries, [&](const Entry& entry) {
      const auto present = known.find(entry.n);
      return present != known.end() && !replace(present->second, entry);
    });
    write(entries, nodes, indexing);
    return entries.size();
  }

 private:
  /// The numbers of texts in a table, which gains those that are missing.
  Numbers numbers_of(const std::set<std::string>& texts, std::string_view table, std::string_view column) {
    Numbers numbers;
    const auto missing = [&] {
      std::vector<SqlValues> rows;
      for (const std::string& text : texts) {
        if (!numbers.contains(text)) rows.push_back({bytes(text)});
      }
      return rows;
    };
    const auto look = [&](std::span<const SqlValues> rows) {
      connection_.run_many(fmt::format("SELECT n FROM {} WHERE {} = ?", table, column), rows,
                           [&](std::size_t index, const SqlRow& row) {
                             numbers.emplace(std::get<SqlBytes>(rows[index][0]).bytes, row.integer(0));
                           });
    };
    look(missing());
    const std::vector<SqlValues> added = missing();
    connection_.insert_many(fmt::format("{}({})", table, column), added, IfPresent::fail);
    look(added);
    return numbers;
  }

  Numbers node_numbers(std::span<const Entry> entries) {
    std::set<std::string> ids;
    for (const Entry& entry : entries) {
      ids.insert(entry.document->id);
      ids.insert(entry.document->based_on.begin(), entry.document->based_on.end());
    }
    return numbers_of(ids, "nodes", "id");
  }

  /// What was put before for the same ids.
  std::map<std::int64_t, CatalogDocument> present_documents(std::span<const Entry> entries) {
    std::vector<std::int64_t> numbers;
    for (const Entry& entry : entries) numbers.push_back(entry.n);
    return read_documents(connection_, numbers);
  }

  /// Whether the entry takes the place of what is there, which is removed then.
  bool replace(const CatalogDocument& present, const Entry& entry) {
    if (!is_newer(*entry.document, present)) return false;
    Entry old(present, hash_);  // nothing that is removed is of its environment
    old.n = entry.n;
    remove(old);
    return true;
  }

  void remove(const Entry& entry) {
    const std::span<const Entry> entries(&entry, 1);
    values_.remove(value_rows(entries, path_numbers(one_of_each_shape(entries))));
    connection_.run(
        {"DELETE FROM children WHERE child = ? AND time = ? AND parent IN "
         "(SELECT parent FROM parents WHERE child = ?)",
         {entry.n, entry.time(), entry.n}});
    connection_.run({"DELETE FROM parents WHERE child = ?", {entry.n}});
    connection_.run({"DELETE FROM bodies WHERE n = ?", {entry.n}});
    connection_.run({"DELETE FROM documents WHERE n = ?", {entry.n}});
  }

  /// An entry by the digest of its shape: what has the same shape has the same paths.
  using Shapes = std::map<std::string_view, const Entry*>;

  static Shapes one_of_each_shape(std::span<const Entry> entries) {
    Shapes shapes;
    for (const Entry& entry : entries) shapes.emplace(entry.shape, &entry);
    return shapes;
  }

  Numbers path_numbers(const Shapes& shapes) {
    std::set<std::string> paths;
    for (const auto& [digest, entry] : shapes) {
      for (const auto& at : entry->index.shape) paths.insert(at.first);
      for (const auto& at : entry->index.numbers) paths.insert(at.first);
    }
    return numbers_of(paths, "paths", "path");
  }

  static ValueRows value_rows(std::span<const Entry> entries, const Numbers& paths) {
    ValueRows rows;
    for (const Entry& entry : entries) {
      for (std::size_t i = 0; i < entry.hashes.size(); ++i) {
        const auto& [path, text] = entry.index.strings[i];
        const std::int64_t hash = entry.hashes[i];
        rows.strings.push_back({paths.at(path), hash, entry.time(), entry.n});
        const bool is_kept = text.size() <= TextHash::longest_kept, looked_into = is_searched(path);
        if (is_kept || looked_into) rows.texts.push_back({hash, is_kept, looked_into, text});
      }
      for (const auto& [path, number] : entry.index.numbers) {
        rows.numbers.push_back({paths.at(path), number, entry.time(), entry.n});
      }
    }
    rows.sort_texts();
    return rows;
  }

  void write(std::span<const Entry> entries, const Numbers& nodes, Indexing indexing) {
    const Shapes shapes = one_of_each_shape(entries);
    const Numbers paths = path_numbers(shapes);
    write_documents(entries, write_shapes(shapes, paths), write_environments(entries));
    values_.write(value_rows(entries, paths), indexing);
    write_lineage(entries, nodes);
  }

  Numbers write_shapes(const Shapes& shapes, const Numbers& paths) {
    std::set<std::string> digests;
    for (const auto& [digest, entry] : shapes) digests.emplace(digest);
    Numbers numbers = numbers_of(digests, "shapes", "digest");
    std::vector<SqlValues> rows;
    for (const auto& [digest, entry] : shapes) {
      for (const auto& [path, bits] : entry->index.shape) {
        rows.push_back({paths.at(path), numbers.find(digest)->second, bits});
      }
    }
    connection_.insert_many("shape_paths(path, shape, holds)", rows, IfPresent::skip);
    return numbers;
  }

  /// By what entries have.
  using Environments = std::map<const std::string*, std::int64_t>;

  Environments write_environments(std::span<const Entry> entries) {
    Environments environments;
    for (const Entry& entry : entries) {
      const std::string* text = entry.environment.get();
      if (text != nullptr && !environments.contains(text))
        environments.emplace(text, write_environment(*text));
    }
    return environments;
  }

  std::int64_t write_environment(const std::string& text) {
    const std::string digest = digest_of_text(text);
    if (const auto present =
            connection_.find_integer({"SELECT n FROM environments WHERE digest = ?", {bytes(digest)}})) {
      return *present;
    }
    const std::int64_t n = *connection_.find_integer(
        {"INSERT INTO environments(digest, body) VALUES (?, ?) RETURNING n", {bytes(digest), bytes(text)}});
    const ValueIndex index =
        index_of(QueryValue::of_document(Json::parse(text)), std::string(environment_field));
    std::set<std::string> wanted;
    for (const auto& at : index.strings) wanted.insert(at.first);
    const Numbers paths = numbers_of(wanted, "paths", "path");
    std::vector<SqlValues> rows;
    for (const auto& [path, value] : index.strings) rows.push_back({paths.at(path), hash_(value), n});
    connection_.insert_many("environment_strings(path, value, environment)", rows, IfPresent::fail);
    return n;
  }

  void write_documents(std::span<const Entry> entries, const Numbers& shapes,
                       const Environments& environments) {
    std::vector<SqlValues> documents, bodies;
    for (const Entry& entry : entries) {
      const CatalogDocument& document = *entry.document;
      SqlValue environment = nullptr, files = nullptr;
      if (entry.environment) environment = environments.at(entry.environment.get());
      if (entry.files) files = bytes(*entry.files);
      documents.push_back({entry.n, entry.time(), static_cast<std::int64_t>(document.kind),
                           static_cast<std::int64_t>(document.revision), shapes.at(entry.shape), environment,
                           files});
      bodies.push_back({entry.n, bytes(entry.body)});
    }
    connection_.insert_many("documents(n, time, kind, revision, shape, environment, files)", documents,
                            IfPresent::fail);
    connection_.insert_many("bodies(n, body)", bodies, IfPresent::fail);
  }

  void write_lineage(std::span<const Entry> entries, const Numbers& nodes) {
    std::vector<SqlValues> parents, children;
    for (const Entry& entry : entries) {
      std::set<std::int64_t> met;
      for (const std::string& id : entry.document->based_on) {
        const std::int64_t parent = nodes.at(id);
        if (!met.insert(parent).second) continue;
        parents.push_back({entry.n, static_cast<std::int64_t>(met.size()), parent});
        children.push_back({parent, entry.time(), entry.n});
      }
    }
    connection_.insert_many("parents(child, position, parent)", parents, IfPresent::fail);
    connection_.insert_many("children(parent, time, child)", children, IfPresent::fail);
  }

  SqlConnection& connection_;
  TextHash hash_;
  ValueWriter values_;
};

}  // namespace

PreparedDocuments prepare(std::span<const CatalogDocument> documents, TextHash hash) {
  std::map<std::string_view, const CatalogDocument*> newest;
  for (const CatalogDocument& document : documents) {
    check_document(document);
    const auto [place, is_new] = newest.emplace(document.id, &document);
    if (!is_new && is_newer(document, *place->second)) place->second = &document;
  }
  std::vector<const CatalogDocument*> chosen;
  for (const auto& [id, document] : newest) chosen.push_back(document);
  std::map<const Json*, std::shared_ptr<const std::string>> environments;
  for (const CatalogDocument* document : chosen) {
    const Json* packages = find_packages(*document);
    if (packages != nullptr) environments.try_emplace(packages);
  }
  for (auto& [packages, text] : environments) text = std::make_shared<const std::string>(packages->dump());
  PreparedDocuments prepared{std::vector<Entry>(chosen.size()), std::move(hash)};
  parallel_for(chosen.size(), preparing_threads, {}, [&](std::size_t i) {
    Entry entry(*chosen[i], prepared.hash);
    if (const Json* packages = find_packages(*chosen[i])) entry.environment = environments.at(packages);
    prepared.entries[i] = std::move(entry);
  });
  return prepared;
}

std::size_t put_prepared(SqlConnection& connection, PreparedDocuments& prepared, Indexing indexing) {
  return Writer(connection).put(prepared, indexing);
}

}  // namespace unio::sql
