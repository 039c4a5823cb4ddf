#include "native/errors.hpp"

#include <nanobind/stl/string.h>

#include <string>

#include "base/error.hpp"
#include "native/text.hpp"

namespace unio::python {
namespace {

void raise(const Error& error) {
  const ErrorCodeInfo& code = info(error.code());
  const nb::object made = nb::module_::import_("unio._errors")
                              .attr("make")(std::string(code.name), key_str(error.what()),
                                            key_str(error.hint()), code.errno_value);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
}

}  // namespace

void bind_errors(nb::module_& module) {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    }
  });
  nb::dict codes;
  for (const ErrorCodeInfo& code : error_codes())
    codes[std::string(code.name).c_str()] = std::string(code.python);
  module.attr("error_codes") = codes;
}

}  // namespace unio::python
