#pragma once

#include <nanobind/nanobind.h>

namespace unio::python {

/// What was published in a registry: found, and followed.
void bind_catalog(nanobind::module_& module);

}  // namespace unio::python
