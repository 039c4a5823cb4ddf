#include "native/surroundings.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "native/text.hpp"

namespace unio::python {
namespace {

/// The user of None is the configured one, and so is the level.
void make_surroundings(Surroundings* self, Engine& engine, const std::optional<std::string>& user,
                       const std::optional<std::string>& level, const nb::str& directory,
                       const std::vector<std::string>& arguments, const std::string& version,
                       const nb::str& executable, const std::vector<nb::str>& search_paths,
                       const std::optional<nb::str>& notebook, const Engine::Variables& variables) {
  const Config& config = engine.wired()->app.config();
  const CaptureLevel configured = parse_capture_level(config.get("capture").value);
  CaptureOptions options;
  options.level = level ? parse_capture_level(*level) : configured;
  options.directory = path_of(directory);
  options.arguments = arguments;
  PythonInstallation python{
      .version = version, .executable = path_of(executable).native(), .search_paths = {}};
  for (const nb::str& path : search_paths) python.search_paths.push_back(path_of(path));
  options.python = std::move(python);
  if (notebook) options.notebook = path_of(*notebook);
  new (self) Surroundings{
      .user = user.value_or(config.get("user").value),
      .options = std::move(options),
      .unasked_push = configured == CaptureLevel::off ? CaptureLevel::off : CaptureLevel::references,
      .asked = level.has_value(),
      .environment = Environment(variables)};
}

}  // namespace

Context context_of(const Surroundings& surroundings, const std::string& user, const Context& context) {
  return {.stores = context.stores,
          .clock = context.clock,
          .random = context.random,
          .environment = surroundings.environment,
          .processes = context.processes,
          .failpoints = context.failpoints,
          .progress = context.progress,
          .stop = context.stop,
          .threads = context.threads,
          .user = user,
          .host = context.host,
          .ignored_folders = context.ignored_folders};
}

CaptureOptions push_capture(const Surroundings& surroundings) {
  CaptureOptions options = surroundings.options;
  if (!surroundings.asked) options.level = surroundings.unasked_push;
  return options;
}

void bind_surroundings(nb::module_& module) {
  nb::class_<Surroundings>(module, "Surroundings")
      .def("__init__", &make_surroundings, nb::arg("engine"), nb::arg("user").none(), nb::arg("level").none(),
           nb::arg("directory"), nb::arg("arguments"), nb::arg("version"), nb::arg("executable"),
           nb::arg("search_paths"), nb::arg("notebook").none(), nb::arg("variables"))
      .def_prop_ro("user", [](const Surroundings& surroundings) { return surroundings.user; });
}

}  // namespace unio::python
