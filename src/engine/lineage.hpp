#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "engine/registry.hpp"

namespace unio {

/// Something that was published, or that something published says it was made from.
struct LineageVertex {
  std::string id;
  std::size_t depth = 0;  ///< steps from where the walk began
  /// What the catalogue knows of it; absent for one that it does not know.
  std::optional<DocumentKind> kind;
  std::optional<Time> creation_time;
  std::string username;
  bool goes_on = false;  ///< there is more behind it, to which the walk did not come
};

/// One step of the walk, by positions among the vertices.
struct LineageEdge {
  std::size_t from = 0;
  std::size_t to = 0;
  /// It leads back to where the walk came from: somebody said that a thing was made from itself.
  bool closes_cycle = false;
};

struct LineageGraph {
  Direction direction = Direction::up;
  std::vector<LineageVertex> vertices;  ///< the first is where it began; nearer ones come first, each once
  std::vector<LineageEdge> edges;       ///< of each vertex in the catalogue's order
};

struct LineageOptions {
  Direction direction = Direction::up;
  std::size_t depth = 10;
  /// No more vertices are visited; `goes_on` says where the walk stopped.
  std::size_t most = 10'000;
};

/// What an artifact, a revision or a value was made from (up), or what was made from it (down). An id that is
/// not known is a graph of itself alone. Cycles and parents that are missing do no harm.
LineageGraph walk_lineage(Catalog& catalog, std::string_view id, const LineageOptions& options);

/// The id of the revision that a reference means now. Error not_found.
std::string get_revision_id(const ResolvedRef& ref, const Context& context);

/// What something may say that it was made from: an id as is_published_id has them, which need not
/// be known here. Error invalid_argument for others.
void check_parent_id(std::string_view id);

/// Whether the text has the form of an id: of an artifact, "<name>@<top hash>" of a revision,
/// "<index>#<name>@v<number>" of a version of a value.
bool is_published_id(std::string_view text);

/// The id of the one document whose id begins so, or is it. Error not_found; invalid_argument that names some
/// when there are several.
std::string get_full_id(Catalog& catalog, std::string_view prefix);

}  // namespace unio
