#pragma once

#include <nanobind/nanobind.h>

namespace unio::python {

/// The engine's errors become the exceptions of `unio._errors`, by the one table of codes.
void bind_errors(nanobind::module_& module);

}  // namespace unio::python
