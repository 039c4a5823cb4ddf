#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/capture.hpp"
#include "native/engine.hpp"

namespace unio::python {

/// What Python tells of itself and its user, for capture_environment.
struct Surroundings {
  std::string user;
  CaptureOptions options;
  /// Of a push that asked for no level.
  CaptureLevel unasked_push = CaptureLevel::references;
  bool asked = false;       ///< for a level
  Environment environment;  ///< all variables; the engine's own are only those that it needs
};

/// The context of work in these surroundings, in the name of `user`.
Context context_of(const Surroundings& surroundings, const std::string& user, const Context& context);

/// What a push records: without a level that was asked for git and the container's image alone.
CaptureOptions push_capture(const Surroundings& surroundings);

void bind_surroundings(nb::module_& module);

}  // namespace unio::python
