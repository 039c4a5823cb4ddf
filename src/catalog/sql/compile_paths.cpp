// What the database knows of the paths in a query.
#include <algorithm>
#include <bit>
#include <set>
#include <span>

#include "catalog/sql/compiler.hpp"
#include "catalog/sql/document_index.hpp"

namespace unio::sql {
namespace {

/// So many are asked for by one statement.
constexpr std::size_t most_paths = 256;

/// The queries that a query is made of.
std::span<const Query> inner_queries(const Query& query) {
  if (const auto* all = std::get_if<query::All>(&query.node)) return all->queries;
  if (const auto* any = std::get_if<query::Any>(&query.node)) return any->queries;
  if (const auto* none = std::get_if<query::None>(&query.node)) return none->queries;
  return {};
}

/// The paths that are in the index of all fields but those of elements.
void add_paths(const Query& query, std::vector<std::string>& paths) {
  if (const auto* field = std::get_if<query::Field>(&query.node)) {
    const std::vector<std::string>& names = field->path.names();
    const std::string path = index_path({names.begin(), std::ranges::find_if(names, is_position)});
    if (!path.empty()) paths.push_back(path);
    return;
  }
  for (const Query& inner : inner_queries(query)) add_paths(inner, paths);
}

}  // namespace

const Compiler::PathInfo& Compiler::path_info(const std::string& path) {
  if (!paths_.contains(path)) learn({path});
  return paths_.at(path);
}

void Compiler::learn_paths(const Query& query) {
  std::vector<std::string> paths;
  add_paths(query, paths);
  if (!paths.empty()) learn(paths);
}

/// Asks at once for all that conditions on paths may want to know: the paths above them, too, and where their
/// datetimes are.
void Compiler::learn(const std::vector<std::string>& paths) {
  std::set<std::string> wanted;
  for (const std::string& path : paths) {
    for (std::size_t end = path.find('\0'); end != std::string::npos; end = path.find('\0', end + 1)) {
      wanted.insert(path.substr(0, end));
    }
    wanted.insert(path);
    wanted.insert(times_path(path));
  }
  for (auto begin = wanted.begin(); begin != wanted.end();) {
    SqlValues values{holds::array};
    for (; begin != wanted.end() && values.size() <= most_paths; ++begin) {
      values.push_back(bytes(*begin));
      paths_[*begin] = {};
    }
    ask_for_paths(std::move(values));
  }
}

/// The first value is what tells arrays, the others are paths.
void Compiler::ask_for_paths(SqlValues values) {
  // Some are asked for twice, so that there are few different statements.
  values.resize(1 + std::bit_ceil(values.size() - 1), values.back());
  const SqlLookup lookup{
      {"SELECT path, n, CASE WHEN EXISTS (SELECT 1 FROM shape_paths s WHERE s.path = n AND s.holds & ? <> 0) "
       "THEN 1 ELSE 0 END FROM paths WHERE path IN (" +
           placeholders(values.size() - 1) + ")",
       values},
      [this](const SqlRow& row) {
        paths_[std::string(row.bytes(0))] = {row.integer(1), row.integer(2) != 0};
      }};
  connection_.run_together({&lookup, 1});
}

/// Whether any document may have several values at the path: has an array there, or on the way.
Compiler::Repeats Compiler::repeats_at(const std::string& path) {
  for (std::size_t end = path.find('\0');; end = path.find('\0', end + 1)) {
    if (path_info(path.substr(0, end)).has_array) return Repeats::some;
    if (end == std::string::npos) return Repeats::none;
  }
}

}  // namespace unio::sql
