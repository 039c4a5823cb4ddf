// Asks of file systems that Python knows what is asked of every store. A module, so that they need no Python
// in the program: `run(arguments, make)` is the program's main, and make() gives fresh, empty `Files`.

#include <gtest/gtest.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "contract/store_factories.hpp"
#include "native/python_objects.hpp"

namespace unio::test {
namespace {

namespace nb = nanobind;

nb::object* make_files = nullptr;

class InPython final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return *store_; }

 private:
  static std::shared_ptr<ObjectStore> make() {
    const nb::gil_scoped_acquire gil;
    return python::open_python_store((*make_files)());
  }
  std::shared_ptr<ObjectStore> store_ = make();
};

int run(std::vector<std::string> arguments, nb::object make) {
  make_files = &make;
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  const nb::gil_scoped_release released;
  testing::InitGoogleTest(&count, pointers.data());
  return RUN_ALL_TESTS();
}

}  // namespace

std::vector<StoreFactory> store_factories() {
  return {{"python", [] { return std::make_unique<InPython>(); }}};
}

NB_MODULE(unio_contract, module) {
  module.def("run", &run, nb::arg("arguments"), nb::arg("make"));
}

}  // namespace unio::test
