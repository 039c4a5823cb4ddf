#include "model/python_names.hpp"

#include <gtest/gtest.h>

namespace unio::test {
namespace {

TEST(PythonPackageNames, are_compared_as_pep_503_says) {
  EXPECT_EQ(normalized_package_name("Jinja2"), "jinja2");
  EXPECT_EQ(normalized_package_name("ruamel.yaml_-x"), "ruamel-yaml-x");
}

TEST(PythonVersions, are_those_of_pep_440) {
  for (const std::string_view version :
       {"1", "1.2.3", "2026.9.0.post1", "1!2.0", "1.0a1", "1.0-beta", "1.0rc", "1.0-1", "1.0.dev3",
        "1.0rc1.post2.dev3", "2.1.0+cu121", "1.0+ab.c-1", "v1.0", "1.0.PREVIEW4"}) {
    EXPECT_TRUE(is_python_version(version)) << version;
  }
  for (const std::string_view version :
       {"", "x", "2004d", "1..2", "1.0+", "1.0+a..b", "1.0 2", "1.0.post1rc1", "1!", "latest"}) {
    EXPECT_FALSE(is_python_version(version)) << version;
  }
}

}  // namespace
}  // namespace unio::test
