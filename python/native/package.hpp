#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <utility>

#include "engine/package_reader.hpp"
#include "native/engine.hpp"
#include "native/read_ahead.hpp"

namespace unio::python {

/// A package that Python reads: what is known of it, and where its stores come from.
struct PackageHandle {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<PackageReader> reader;
  std::shared_ptr<ReadAhead> ahead = std::make_shared<ReadAhead>();

  /// A manifest of this package, whole or in part, with its registry opened.
  OpenedPackage opened(const Manifest& manifest, const Context& context) const {
    const ResolvedRef& ref = reader->ref();
    return {Registry(context.stores.get(ref.registry), context), ref.name, reader->top_hash(), manifest, {}};
  }
};

/// Raises IndexError beyond the end.
inline EntryView entry_at(const Manifest& manifest, std::size_t index) {
  if (index >= manifest.size()) throw nb::index_error("no such entry");
  return manifest[index];
}

void bind_manifest(nb::module_& module);
void bind_package(nb::module_& module);
/// Reading what entries have.
void bind_contents(nb::class_<PackageHandle>& package);
void bind_folders(nb::class_<PackageHandle>& package);

}  // namespace unio::python
