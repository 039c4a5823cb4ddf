#pragma once

#include <nanobind/nanobind.h>

namespace unio::python {

/// Repositories of named values: their index, and the files beside it.
void bind_repository(nanobind::module_& module);

}  // namespace unio::python
