#include "engine/lineage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "engine/package_documents.hpp"
#include "engine/value_documents.hpp"
#include "model/artifact.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

/// Walks in rounds, nearest first.
class Walk {
 public:
  Walk(Catalog& catalog, const LineageOptions& options) : catalog_(catalog), options_(options) {
    graph_.direction = options.direction;
  }

  LineageGraph from(std::string_view id) {
    visit(std::string(id), 0);
    for (std::size_t i = 0; i < graph_.vertices.size(); ++i) expand(i);
    mark_cycles();
    return std::move(graph_);
  }

 private:
  std::size_t visit(const std::string& id, std::size_t depth) {
    const std::size_t position = graph_.vertices.size();
    LineageVertex vertex{.id = id, .depth = depth, .kind = {}, .creation_time = {}, .username = {}};
    if (const auto document = catalog_.find_document(id)) {
      vertex.kind = document->kind;
      vertex.creation_time = document->creation_time;
      const Json* user = document->document.find("username");
      if (user != nullptr && user->if_string()) vertex.username = *user->if_string();
    }
    graph_.vertices.push_back(std::move(vertex));
    positions_.emplace(id, position);
    return position;
  }

  void expand(std::size_t from) {
    const std::size_t depth = graph_.vertices[from].depth;
    const bool last = depth >= options_.depth;
    const std::size_t limit = last ? 1 : options_.most;
    const auto next = catalog_.find_lineage(graph_.vertices[from].id, options_.direction, limit);
    graph_.vertices[from].goes_on = last && !next.empty();
    if (last) return;
    for (const LineageNode& node : next) {
      const auto known = positions_.find(node.id);
      if (known == positions_.end() && graph_.vertices.size() >= options_.most) {
        graph_.vertices[from].goes_on = true;
        continue;
      }
      const std::size_t to = known != positions_.end() ? known->second : visit(node.id, depth + 1);
      graph_.edges.push_back({from, to});
    }
  }

  /// Goes deep without recursion: a lineage may be long.
  void mark_cycles() {
    std::vector<std::vector<std::size_t>> outgoing(graph_.vertices.size());
    for (std::size_t edge = 0; edge < graph_.edges.size(); ++edge)
      outgoing[graph_.edges[edge].from].push_back(edge);
    enum class Visit : std::uint8_t { before, inside, done };
    std::vector<Visit> visits(graph_.vertices.size(), Visit::before);
    std::vector<std::pair<std::size_t, std::size_t>> path{{0, 0}};
    visits[0] = Visit::inside;
    while (!path.empty()) {
      auto& [vertex, next] = path.back();
      if (next == outgoing[vertex].size()) {
        visits[vertex] = Visit::done;
        path.pop_back();
        continue;
      }
      LineageEdge& edge = graph_.edges[outgoing[vertex][next++]];
      edge.closes_cycle = visits[edge.to] == Visit::inside;
      if (visits[edge.to] != Visit::before) continue;
      visits[edge.to] = Visit::inside;
      path.emplace_back(edge.to, 0);
    }
  }

  Catalog& catalog_;
  const LineageOptions& options_;
  LineageGraph graph_;
  std::map<std::string, std::size_t, std::less<>> positions_;
};

}  // namespace

LineageGraph walk_lineage(Catalog& catalog, std::string_view id, const LineageOptions& options) {
  return Walk(catalog, options).from(id);
}

std::string get_revision_id(const ResolvedRef& ref, const Context& context) {
  const Registry registry(context.stores.get(ref.registry), context);
  return revision_id(ref.name, registry.resolve(ref.name, ref.version));
}

void check_parent_id(std::string_view id) {
  if (is_published_id(id)) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("nothing is based on {}: it is no id of an artifact, a revision or a value",
                  quoted_key(id)),
      "give a whole id, artifact_ and 36 characters, a package such as team/photos:v1, or INDEX#NAME@v3 "
      "of a value");
}

bool is_published_id(std::string_view text) {
  return is_artifact_id(text) || is_revision_id(text) || is_value_id(text);
}

std::string get_full_id(Catalog& catalog, std::string_view prefix) {
  constexpr std::size_t most_shown = 10;
  const std::vector<std::string> ids = catalog.find_ids(prefix, most_shown + 1);
  const bool exact = !ids.empty() && ids.front() == prefix;
  if (ids.size() == 1 || exact) return ids.front();
  if (ids.empty()) {
    throw Error(ErrorCode::not_found, fmt::format("nothing that begins with '{}' is known", prefix),
                "unio find shows what there is");
  }
  const std::size_t shown = std::min(ids.size(), most_shown);
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format(
          "{} ids begin with '{}': {}",
          ids.size() > most_shown ? fmt::format("more than {}", most_shown) : std::to_string(ids.size()),
          prefix, fmt::join(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shown), ", ")),
      "give more of the id");
}

}  // namespace unio
