#include "engine/lineage.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/catalog.hpp"
#include "model/artifact.hpp"

namespace unio {
namespace {

struct Options {
  std::string id;
  bool up = false;
  bool down = false;
  std::optional<std::string> depth;
  std::optional<std::string> format;
  bool offline = false;
};

Json vertex_json(const LineageVertex& vertex) {
  return Json::object(
      {{"id", vertex.id},
       {"kind", vertex.kind ? Json(name(*vertex.kind)) : Json()},
       {"creation_time", vertex.creation_time ? Json(format_time(*vertex.creation_time)) : Json()},
       {"username", vertex.username.empty() ? Json() : Json(vertex.username)},
       {"depth", static_cast<std::uint64_t>(vertex.depth)},
       {"missing", !vertex.kind},
       {"goes_on", vertex.goes_on}});
}

/// A child and the parent that it is based on, whichever way the walk went.
std::pair<std::string, std::string> ends_of(const LineageGraph& graph, const LineageEdge& edge) {
  const std::string& from = graph.vertices[edge.from].id;
  const std::string& to = graph.vertices[edge.to].id;
  return graph.direction == Direction::up ? std::pair(from, to) : std::pair(to, from);
}

Json graph_json(const LineageGraph& graph) {
  Json::Array vertices, edges;
  for (const LineageVertex& vertex : graph.vertices) vertices.push_back(vertex_json(vertex));
  for (const LineageEdge& edge : graph.edges) {
    const auto [child, parent] = ends_of(graph, edge);
    edges.push_back(
        Json::object({{"child", child}, {"parent", parent}, {"closes_cycle", edge.closes_cycle}}));
  }
  return Json::object({{"root", graph.vertices.front().id},
                       {"direction", graph.direction == Direction::up ? "up" : "down"},
                       {"nodes", std::move(vertices)},
                       {"edges", std::move(edges)}});
}

std::string dot_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string dot_of(const LineageGraph& graph) {
  std::string text = "digraph lineage {\n  rankdir=LR;\n";
  for (const LineageVertex& vertex : graph.vertices)
    text += fmt::format("  {}{};\n", dot_quoted(vertex.id), vertex.kind ? "" : " [style=dashed]");
  // Arrows go the way the data went.
  for (const LineageEdge& edge : graph.edges) {
    const auto [child, parent] = ends_of(graph, edge);
    text += fmt::format("  {} -> {}{};\n", dot_quoted(parent), dot_quoted(child),
                        edge.closes_cycle ? " [color=red]" : "");
  }
  return text + "}";
}

/// Prints a graph as a tree: what was shown already is named again, and not gone into again.
class Tree {
 public:
  Tree(Session& session, const LineageGraph& graph)
      : session_(session), graph_(graph), outgoing_(graph.vertices.size()), shown_(graph.vertices.size()) {
    for (const LineageEdge& edge : graph.edges) outgoing_[edge.from].push_back(&edge);
  }

  /// Without recursion: a lineage may be long.
  void print() {
    std::vector<Item> waiting{{0, "", "", false}};
    while (!waiting.empty()) {
      const Item item = std::move(waiting.back());
      waiting.pop_back();
      session_.line(item.branch + line_of(item));
      if (item.closes_cycle || shown_[item.vertex]) continue;
      shown_[item.vertex] = true;
      const auto& edges = outgoing_[item.vertex];
      for (std::size_t i = edges.size(); i-- > 0;) {
        const bool last = i + 1 == edges.size();
        waiting.push_back({edges[i]->to, item.below + (last ? "└── " : "├── "),
                           item.below + (last ? "    " : "│   "), edges[i]->closes_cycle});
      }
    }
  }

 private:
  struct Item {
    std::size_t vertex;
    std::string branch;  ///< before its own line
    std::string below;   ///< before the lines of what comes behind it
    bool closes_cycle;
  };

  std::string line_of(const Item& item) const {
    const LineageVertex& vertex = graph_.vertices[item.vertex];
    std::string line = printable(vertex.id);
    if (vertex.creation_time) line += "  " + human_time(unix_seconds(*vertex.creation_time));
    if (!vertex.username.empty()) line += "  " + printable(vertex.username);
    if (!vertex.kind) return line + "  (missing)";
    if (item.closes_cycle) return line + "  (cycle)";
    if (shown_[item.vertex] && !outgoing_[item.vertex].empty()) return line + "  (see above)";
    return vertex.goes_on ? line + "  …" : line;
  }

  Session& session_;
  const LineageGraph& graph_;
  std::vector<std::vector<const LineageEdge*>> outgoing_;
  std::vector<bool> shown_;
};

/// The id of an artifact, of which the beginning is enough, or of a revision, which a reference may stand
/// for.
std::string find_id(Session& session, Catalog& catalog, const std::string& text) {
  if (catalog.find_document(text)) return text;
  if (is_artifact_id_prefix(text)) return get_full_id(catalog, text);
  const ResolvedRef ref = session.app().resolve(text);
  if (ref.version.kind == Version::Kind::hash)
    return get_full_id(catalog, fmt::format("{}@{}", ref.name.text(), ref.version.value));
  return get_revision_id(ref, session.context());
}

LineageOptions walk_options(const Options& options) {
  if (options.up && options.down) {
    throw Error(ErrorCode::invalid_argument, "--up and --down cannot be given together",
                "run the command twice: up for what it was made from, down for what was made from it");
  }
  LineageOptions walk;
  walk.direction = options.down ? Direction::down : Direction::up;
  walk.depth = parse_count(options.depth, "--depth").value_or(walk.depth);
  return walk;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ID", options->id, "an artifact's id or its beginning, or a package");
  arguments.flag("--up", options->up, "what it was made from (the default)");
  arguments.flag("--down", options->down, "what was made from it");
  arguments.option("--depth", "COUNT", options->depth, "at most so many steps (default: 10)");
  arguments.option("--format", "FORMAT", options->format, "tree (the default), json, or dot for Graphviz");
  arguments.flag("--offline", options->offline, "do not read what is new in the registry first");
  return [options](Session& session) {
    const std::string format = session.json() ? "json" : options->format.value_or("tree");
    if (format != "tree" && format != "json" && format != "dot") {
      throw Error(ErrorCode::invalid_argument, fmt::format("--format '{}' is none", format),
                  "there are tree, json and dot");
    }
    const LineageOptions walk = walk_options(*options);
    LineageGraph graph;
    use_catalog(session, options->offline ? Freshness::offline : Freshness::updated, [&](Catalog& catalog) {
      graph = walk_lineage(catalog, find_id(session, catalog, options->id), walk);
    });
    if (session.json()) {
      session.print_json(graph_json(graph));
    } else if (format == "json") {
      session.result(graph_json(graph).dump(JsonStyle::pretty));
    } else if (format == "dot") {
      session.result(dot_of(graph));
    } else {
      Tree(session, graph).print();
    }
    return 0;
  };
}

}  // namespace

Command lineage_command() {
  return {.name = "lineage",
          .group = Command::Group::artifact,
          .summary = "Show what something was made from, or what was made from it",
          .details =
              "Across artifacts and packages. A parent that the catalogue does not know is shown as missing.",
          .examples =
              "unio lineage artifact_b4c3\n"
              "unio lineage artifact_b4c3 --down --depth 2\n"
              "unio lineage team/photos:v1 --format dot > lineage.dot",
          .setup = setup};
}

}  // namespace unio
