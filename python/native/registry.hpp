#pragma once

#include <nanobind/nanobind.h>

namespace unio::python {

/// What a registry holds: packages and their revisions.
void bind_registry(nanobind::module_& module);

}  // namespace unio::python
