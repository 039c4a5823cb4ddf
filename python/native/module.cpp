#include <nanobind/nanobind.h>

#include "native/artifacts.hpp"
#include "native/builder.hpp"
#include "native/catalog.hpp"
#include "native/engine.hpp"
#include "native/errors.hpp"
#include "native/package.hpp"
#include "native/registry.hpp"
#include "native/repository.hpp"
#include "native/surroundings.hpp"
#include "native/transform.hpp"

// The native module: engine operations for the Python package, and nothing else. Values go across as plain
// tuples, dicts and JSON text; what they look like to users is decided in Python.
NB_MODULE(_native, module) {
  module.attr("version") = UNIO_VERSION;
  // Objects may be alive when the interpreter ends; the process ends with it.
  nanobind::set_leak_warnings(false);
  unio::python::bind_errors(module);
  unio::python::bind_engine(module);
  unio::python::bind_manifest(module);
  unio::python::bind_package(module);
  unio::python::bind_builder(module);
  unio::python::bind_registry(module);
  unio::python::bind_repository(module);
  unio::python::bind_artifacts(module);
  unio::python::bind_surroundings(module);
  unio::python::bind_artifact_saving(module);
  unio::python::bind_catalog(module);
  unio::python::bind_transform(module);
}
