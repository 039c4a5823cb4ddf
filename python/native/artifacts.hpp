#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/artifact_reader.hpp"
#include "native/engine.hpp"

namespace unio::python {

/// An artifact that Python reads: what its metadata says, and where it lies. Holds no connection.
struct ArtifactHandle {
  std::shared_ptr<Engine> engine;
  std::string registry;  ///< URL
  std::shared_ptr<const OpenedArtifact> opened;

  static ArtifactHandle of(std::shared_ptr<Engine> engine, std::string registry, OpenedArtifact artifact) {
    return {std::move(engine), std::move(registry),
            std::make_shared<const OpenedArtifact>(std::move(artifact))};
  }

  /// `body` is called with the registry, the artifact and the context, as `run` calls its work.
  template <class Body>
  auto call(const nb::object& progress, Body body) const {
    return run(*engine, progress,
               [body = std::move(body), url = registry, artifact = opened](const Context& context) {
                 return body(Registry(context.stores.get(url), context), *artifact, context);
               });
  }
};

/// Names and texts as Python gives them.
using TextPairs = std::vector<std::pair<nb::str, nb::str>>;

void bind_artifacts(nb::module_& module);
/// What makes new ones.
void bind_artifact_saving(nb::module_& module);

}  // namespace unio::python
