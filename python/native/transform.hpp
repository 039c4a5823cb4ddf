#pragma once

#include <nanobind/nanobind.h>

namespace unio::python {

void bind_transform(nanobind::module_& module);

}  // namespace unio::python
