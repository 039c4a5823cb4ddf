#include "catalog/sql/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/threads.hpp"
#include "catalog/sql/body_codec.hpp"
#include "catalog/sql/document_index.hpp"
#include "catalog/sql/lookup.hpp"
#include "catalog/sql/reader.hpp"

namespace unio::sql {
namespace {

/// Making rows of documents takes as long as writing them, which is for one thread.
constexpr unsigned preparing_threads = 2;

using Numbers = std::map<std::string, std::int64_t, std::less<>>;

std::int64_t microseconds(Time time) {
  return time.time_since_epoch().count();
}

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

const Json* find_environment(const CatalogDocument& document) {
  return document.document.find(environment_field);
}

/// The document, with a null where its environment is.
Json without_environment(const CatalogDocument& document) {
  Json::Object rest;
  for (const auto& [name, value] : *document.document.if_object()) {
    rest.set(name, name == environment_field ? Json() : value);
  }
  return Json(std::move(rest));
}

std::string digest_of_text(std::string_view text) {
  const Sha256Value digest = sha256(as_bytes(text));
  return std::string(as_text(digest));
}

std::string shape_of(const ValueIndex& index) {
  std::string text;
  for (const auto& [path, bits] : index.shape) {
    fmt::format_to(std::back_inserter(text), "{}:{}:{};", path.size(), path, bits);
  }
  return digest_of_text(text);
}

/// A document on its way into the tables: all rows of it but for the numbers of what it shares with others.
struct Entry {
  const CatalogDocument* document = nullptr;
  std::string body;
  std::string environment;  ///< empty for none
  ValueIndex index;
  std::optional<std::string> files;
  std::string shape;  ///< a digest of what it has under which paths
  std::int64_t n = 0;

  Entry() = default;
  Entry(const CatalogDocument& of, std::int64_t number) : document(&of), n(number) {
    Json rest = without_environment(of);
    body = rest.dump();
    if (const Json* packages = find_environment(of)) {
      environment = packages->dump();
      rest.if_object()->erase(environment_field);
    }
    const QueryValue value = QueryValue::of_document(rest);
    index = index_of(value);
    files = joined_files(value);
    shape = shape_of(index);
  }

  std::int64_t time() const { return microseconds(document->creation_time); }
};

class Writer {
 public:
  explicit Writer(SqlConnection& connection) : connection_(connection), hash_(TextHash::make(connection)) {}

  std::size_t put(std::span<const CatalogDocument> documents) {
    const std::map<std::string_view, const CatalogDocument*> newest = newest_of(documents);
    const Numbers nodes = node_numbers(newest);
    const std::map<std::int64_t, CatalogDocument> known = present_documents(newest, nodes);
    std::vector<std::pair<const CatalogDocument*, std::int64_t>> wanted;
    for (const auto& [id, document] : newest) {
      const std::int64_t n = nodes.find(id)->second;
      if (const auto present = known.find(n); present != known.end()) {
        if (!is_newer(*document, present->second)) continue;
        remove(Entry(present->second, n));
      }
      wanted.emplace_back(document, n);
    }
    std::vector<Entry> fresh(wanted.size());
    parallel_for(fresh.size(), preparing_threads, {},
                 [&](std::size_t i) { fresh[i] = Entry(*wanted[i].first, wanted[i].second); });
    write(fresh, nodes);
    return fresh.size();
  }

 private:
  static bool is_newer(const CatalogDocument& left, const CatalogDocument& right) {
    if (left.revision != right.revision) return left.revision > right.revision;
    return left.document.dump(JsonStyle::canonical) > right.document.dump(JsonStyle::canonical);
  }

  static std::map<std::string_view, const CatalogDocument*> newest_of(
      std::span<const CatalogDocument> documents) {
    std::map<std::string_view, const CatalogDocument*> newest;
    for (const CatalogDocument& document : documents) {
      check_document(document);
      const auto [place, is_new] = newest.emplace(document.id, &document);
      if (!is_new && is_newer(document, *place->second)) place->second = &document;
    }
    return newest;
  }

  /// The numbers of texts in a table, which gains those that are missing.
  Numbers numbers_of(const std::set<std::string>& texts, std::string_view table, std::string_view column) {
    Numbers numbers;
    const auto run = [&](const std::string& statement) {
      std::vector<SqlValues> rows;
      std::vector<std::string> wanted;
      for (const std::string& text : texts) {
        if (numbers.contains(text)) continue;
        rows.push_back({bytes(text)});
        wanted.push_back(text);
      }
      connection_.run_many(statement, rows, [&](std::size_t index, const SqlRow& row) {
        numbers.emplace(wanted[index], row.integer(0));
      });
    };
    run(fmt::format("SELECT n FROM {} WHERE {} = ?", table, column));
    run(fmt::format("INSERT INTO {}({}) VALUES (?) RETURNING n", table, column));
    return numbers;
  }

  Numbers node_numbers(const std::map<std::string_view, const CatalogDocument*>& documents) {
    std::set<std::string> ids;
    for (const auto& [id, document] : documents) {
      ids.emplace(id);
      ids.insert(document->based_on.begin(), document->based_on.end());
    }
    return numbers_of(ids, "nodes", "id");
  }

  /// What was put before for the same ids.
  std::map<std::int64_t, CatalogDocument> present_documents(
      const std::map<std::string_view, const CatalogDocument*>& documents, const Numbers& nodes) {
    std::vector<std::int64_t> numbers;
    for (const auto& [id, document] : documents) numbers.push_back(nodes.find(id)->second);
    return read_documents(connection_, numbers);
  }

  void remove(const Entry& entry) {
    const std::span<const Entry> entries(&entry, 1);
    const ValueRows rows = value_rows(entries, path_numbers(entries));
    connection_.run_many(
        "DELETE FROM string_values WHERE path = ? AND value = ? AND time = ? AND document = ?",
        as_values(rows.strings));
    connection_.run_many(
        "DELETE FROM number_values WHERE path = ? AND value = ? AND time = ? AND document = ?",
        as_values(rows.numbers));
    connection_.run(
        {"DELETE FROM children WHERE child = ? AND time = ? AND parent IN "
         "(SELECT parent FROM parents WHERE child = ?)",
         {entry.n, entry.time(), entry.n}});
    connection_.run({"DELETE FROM parents WHERE child = ?", {entry.n}});
    connection_.run({"DELETE FROM bodies WHERE n = ?", {entry.n}});
    connection_.run({"DELETE FROM documents WHERE n = ?", {entry.n}});
  }

  Numbers path_numbers(std::span<const Entry> entries) {
    std::set<std::string> paths;
    for (const Entry& entry : entries) {
      for (const auto& at : entry.index.shape) paths.insert(at.first);
      for (const auto& at : entry.index.numbers) paths.insert(at.first);
    }
    return numbers_of(paths, "paths", "path");
  }

  template <class T>
  using ValueRow = std::tuple<std::int64_t, T, std::int64_t, std::int64_t>;

  /// The rows of the tables of values, in the tables' order, so that each page is touched once.
  struct ValueRows {
    std::vector<ValueRow<std::int64_t>> strings;
    std::vector<ValueRow<double>> numbers;
  };

  ValueRows value_rows(std::span<const Entry> entries, const Numbers& paths) const {
    ValueRows rows;
    for (const Entry& entry : entries) {
      for (const auto& [path, text] : entry.index.strings) {
        rows.strings.emplace_back(paths.at(path), hash_(text), entry.time(), entry.n);
      }
      for (const auto& [path, number] : entry.index.numbers) {
        rows.numbers.emplace_back(paths.at(path), number, entry.time(), entry.n);
      }
    }
    std::ranges::sort(rows.strings);
    std::ranges::sort(rows.numbers);
    return rows;
  }

  template <class Row>
  static std::vector<SqlValues> as_values(const std::vector<Row>& rows) {
    std::vector<SqlValues> values;
    values.reserve(rows.size());
    for (const auto& [path, value, time, document] : rows) values.push_back({path, value, time, document});
    return values;
  }

  void write(std::span<const Entry> entries, const Numbers& nodes) {
    if (entries.empty()) return;
    const Numbers paths = path_numbers(entries);
    write_strings(entries);
    write_documents(entries, write_shapes(entries, paths), write_environments(entries));
    write_values(entries, paths);
    write_lineage(entries, nodes);
  }

  /// Texts by their hashes.
  using Hashed = std::vector<std::pair<std::int64_t, std::string_view>>;

  static void sort_out(Hashed& texts) {
    std::ranges::sort(texts);
    const auto [first, last] = std::ranges::unique(texts, {}, &Hashed::value_type::first);
    texts.erase(first, last);
  }

  void write_strings(std::span<const Entry> entries) {
    Hashed kept, searched;
    for (const Entry& entry : entries) {
      for (const auto& [path, text] : entry.index.strings) {
        const bool is_short = text.size() <= TextHash::longest_kept, looked_into = is_searched(path);
        if (!is_short && !looked_into) continue;
        const std::int64_t hash = hash_(text);
        if (is_short) kept.emplace_back(hash, text);
        if (looked_into) searched.emplace_back(hash, text);
      }
    }
    sort_out(kept);
    sort_out(searched);
    std::vector<SqlValues> rows;
    for (const auto& [hash, text] : kept) rows.push_back({hash, bytes(text)});
    connection_.insert_many("strings(hash, text)", rows, IfPresent::skip);
    rows.clear();
    std::vector<std::string_view> texts;
    for (const auto& [hash, text] : searched) {
      rows.push_back({hash});
      texts.push_back(text);
    }
    std::vector<SqlValues> folded;
    connection_.run_many("INSERT INTO searched(hash) VALUES (?) ON CONFLICT DO NOTHING RETURNING n", rows,
                         [&](std::size_t index, const SqlRow& row) {
                           folded.push_back({row.integer(0), SqlText{fold(texts[index])}});
                         });
    connection_.insert_many(connection_.dialect().texts_table, folded, IfPresent::fail);
  }

  Numbers write_shapes(std::span<const Entry> entries, const Numbers& paths) {
    std::map<std::string, const Entry*> examples;
    std::set<std::string> digests;
    for (const Entry& entry : entries) {
      examples.emplace(entry.shape, &entry);
    }
    for (const auto& [digest, entry] : examples) digests.insert(digest);
    Numbers shapes = numbers_of(digests, "shapes", "digest");
    std::vector<SqlValues> rows;
    for (const auto& [digest, entry] : examples) {
      for (const auto& [path, bits] : entry->index.shape) {
        rows.push_back({paths.at(path), shapes.at(digest), bits});
      }
    }
    connection_.insert_many("shape_paths(path, shape, holds)", rows, IfPresent::skip);
    return shapes;
  }

  Numbers write_environments(std::span<const Entry> entries) {
    std::set<std::string> texts;
    for (const Entry& entry : entries) {
      if (!entry.environment.empty()) texts.insert(entry.environment);
    }
    Numbers environments;
    for (const std::string& text : texts) environments.emplace(text, write_environment(text));
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

  void write_documents(std::span<const Entry> entries, const Numbers& shapes, const Numbers& environments) {
    std::vector<SqlValues> documents, bodies;
    for (const Entry& entry : entries) {
      const CatalogDocument& document = *entry.document;
      SqlValue environment = nullptr, files = nullptr;
      if (!entry.environment.empty()) environment = environments.at(entry.environment);
      if (entry.files) files = bytes(*entry.files);
      documents.push_back({entry.n, entry.time(), static_cast<std::int64_t>(document.kind),
                           static_cast<std::int64_t>(document.revision), shapes.at(entry.shape), environment,
                           files});
      bodies.push_back({entry.n, bytes(packed(entry.body))});
    }
    connection_.insert_many("documents(n, time, kind, revision, shape, environment, files)", documents,
                            IfPresent::fail);
    connection_.insert_many("bodies(n, body)", bodies, IfPresent::fail);
  }

  void write_values(std::span<const Entry> entries, const Numbers& paths) {
    const ValueRows rows = value_rows(entries, paths);
    connection_.insert_many("string_values(path, value, time, document)", as_values(rows.strings),
                            IfPresent::fail);
    connection_.insert_many("number_values(path, value, time, document)", as_values(rows.numbers),
                            IfPresent::fail);
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
};

}  // namespace

std::size_t put_documents(SqlConnection& connection, std::span<const CatalogDocument> documents) {
  return Writer(connection).put(documents);
}

}  // namespace unio::sql
