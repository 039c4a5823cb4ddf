#include "native/registry.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>

#include "engine/browse.hpp"
#include "engine/history.hpp"
#include "native/package.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

template <class Value>
nb::object or_none(const std::optional<Value>& value) {
  return value ? nb::cast(*value) : nb::none();
}

nb::list packages(const std::shared_ptr<Engine>& engine, const std::optional<std::string>& registry) {
  const auto found = run(*engine, nb::none(), [=](const Context& context) {
    const App& app = engine->wired()->app;
    const std::string url = registry ? app.url_of(*registry) : app.default_registry();
    return list_packages(Registry(context.stores.get(url), context));
  });
  nb::list result;
  for (const PackageListing& package : found) {
    result.append(nb::make_tuple(package.name, package.top_hash, package.tags, package.revisions,
                                 or_none(package.newest)));
  }
  return result;
}

nb::list revisions(const PackageHandle& package, std::size_t limit) {
  const auto found = run(*package.engine, nb::none(), [=](const Context& context) {
    const ResolvedRef& ref = package.reader->ref();
    return log(Registry(context.stores.get(ref.registry), context), ref.name, limit, context);
  });
  nb::list result;
  for (const LogEntry& entry : found) {
    result.append(nb::make_tuple(entry.top_hash, entry.timestamp, entry.tags, text_or_none(entry.message),
                                 text_or_none(entry.user), text_or_none(entry.git_commit),
                                 or_none(entry.entries), or_none(entry.bytes)));
  }
  return result;
}

}  // namespace

void bind_registry(nb::module_& module) {
  module.def("packages", &packages, nb::arg("engine"), nb::arg("registry").none());
  module.def("revisions", &revisions, nb::arg("package"), nb::arg("limit"));
}

}  // namespace unio::python
