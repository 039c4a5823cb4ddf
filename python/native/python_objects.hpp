#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "storage/outside_store.hpp"

namespace unio::python {

namespace nb = nanobind;

/// A store in a file system that Python knows: `files` is a `unio.lazyscribe._filesystem.Files`, which says
/// what is asked of it. Python's exceptions become Errors. Made with the GIL, and used without it.
std::shared_ptr<ObjectStore> open_python_store(nb::object files);

}  // namespace unio::python
