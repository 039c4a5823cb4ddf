#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_native, module) {
  module.attr("version") = UNIO_VERSION;
}
