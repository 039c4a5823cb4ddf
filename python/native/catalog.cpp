#include "native/catalog.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <string>

#include "app/catalogs.hpp"
#include "engine/catalog_update.hpp"
#include "engine/lineage.hpp"
#include "native/engine.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

/// `body` gets the catalogue of the registry as it is now, and the context; called once more where that was
/// damaged.
template <class Body>
auto with_catalog(const std::shared_ptr<Engine>& engine, const std::string& registry,
                  const nb::object& progress, Body body) {
  return run(*engine, progress, [wired = engine->wired(), registry, body](const Context& context) {
    std::optional<std::invoke_result_t<Body, Catalog&, const Context&>> result;
    const Catalogs catalogs(wired->app.config());
    catalogs.use(registry, context.progress, [&](Catalog& catalog) {
      update_catalog(Registry(context.stores.get(registry), context), catalog, context);
      result = body(catalog, context);
    });
    return *std::move(result);
  });
}

Query query_of(const std::string& text, const std::optional<std::string>& kind, Time now) {
  Query query = parse_query(text, now);
  if (!kind) return query;
  return {query::All{{parse_query(Json::object({{"kind", *kind}})), std::move(query)}}};
}

nb::tuple find(const std::shared_ptr<Engine>& engine, const std::string& registry, const nb::str& text,
               const std::optional<std::string>& kind, std::size_t limit, const nb::object& progress) {
  const FindPage page = with_catalog(
      engine, registry, progress,
      [words = key_text(text), kind, limit](Catalog& catalog, const Context& context) {
        return find_published(catalog, query_of(words, kind, context.clock.now()), {.limit = limit});
      });
  nb::list documents;
  for (const CatalogDocument& found : page.documents) documents.append(key_str(found.document.dump()));
  return nb::make_tuple(documents, page.total->count);
}

nb::object kind_of(const LineageVertex& vertex) {
  return vertex.kind ? nb::object(key_str(name(*vertex.kind))) : nb::none();
}

nb::list lineage(const std::shared_ptr<Engine>& engine, const std::string& registry, const nb::str& id,
                 bool up, std::size_t depth, const nb::object& progress) {
  const LineageOptions options{.direction = up ? Direction::up : Direction::down, .depth = depth};
  const LineageGraph graph = with_catalog(
      engine, registry, progress, [prefix = key_text(id), options](Catalog& catalog, const Context&) {
        return walk_lineage(catalog, get_full_id(catalog, prefix), options);
      });
  nb::list steps;
  for (const LineageVertex& vertex : graph.vertices) {
    const auto& time = vertex.creation_time;
    steps.append(nb::make_tuple(key_str(vertex.id), vertex.depth, kind_of(vertex),
                                time ? nb::cast(time->time_since_epoch().count()) : nb::none(),
                                key_str(vertex.username)));
  }
  return steps;
}

std::string parent_id(const std::shared_ptr<Engine>& engine, const nb::str& given,
                      const std::string& registry) {
  const std::string text = key_text(given);
  if (is_published_id(text)) return text;
  return run(*engine, nb::none(), [wired = engine->wired(), text, registry](const Context& context) {
    return wired->app.parent_id(text, context, registry);
  });
}

}  // namespace

void bind_catalog(nb::module_& module) {
  module.def("find_published", &find, nb::arg("engine"), nb::arg("registry"), nb::arg("query"),
             nb::arg("kind").none(), nb::arg("limit"), nb::arg("progress").none());
  module.def("parent_id", &parent_id, nb::arg("engine"), nb::arg("given"), nb::arg("registry"));
  module.def("lineage", &lineage, nb::arg("engine"), nb::arg("registry"), nb::arg("id"), nb::arg("up"),
             nb::arg("depth"), nb::arg("progress").none());
}

}  // namespace unio::python
