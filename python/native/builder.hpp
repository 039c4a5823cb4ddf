#pragma once

#include <nanobind/nanobind.h>

namespace unio::python {

/// A builder that Python makes: a workspace in a folder of the process, whose sources lie elsewhere.
void bind_builder(nanobind::module_& module);

}  // namespace unio::python
