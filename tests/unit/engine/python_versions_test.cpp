#include "engine/python_versions.hpp"

#include "support/expect_error.hpp"
#include "unit/engine/capture_fixture.hpp"

namespace unio::test {
namespace {

/// Interpreters are scripts that say which version they are.
class PythonVersions : public CaptureTest {
 protected:
  void make_python(const std::string& name, const std::string& version, const std::string& able = "True") {
    make_program(name, "echo " + version + "; echo " + able);
  }

  void make_program(const std::string& name, const std::string& script) {
    write_file(name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path(name), std::filesystem::perms::owner_all);
  }

  PythonInterpreter get(const std::string& version) {
    return get_python_of_version(version, real(variables_));
  }

  const Environment variables_{
      {{"PATH", path("first").native() + ":" + path("second").native() + ":/usr/bin:/bin"},
       {"HOME", path("home").native()}}};
};

TEST_F(PythonVersions, are_taken_from_the_path_and_the_exact_one_before_others) {
  make_python("first/python3.11", "3.11.2");
  make_python("second/python3.11", "3.11.7");
  EXPECT_EQ(get("3.11.7").executable, path("second/python3.11"));
  EXPECT_EQ(get("3.11.9").executable, path("first/python3.11"));
  EXPECT_EQ(get("3.11.9").version, "3.11.2");
}

TEST_F(PythonVersions, are_believed_only_when_they_run_and_say_so) {
  make_python("first/python3.98", "3.9.8");
  make_program("first/python3", "echo pyenv: no such version >&2; exit 127");
  make_program("first/python", "yes");
  make_python("second/python3", "3.98.4");
  EXPECT_EQ(get("3.98.7").executable, path("second/python3"));
}

TEST_F(PythonVersions, are_found_where_pyenv_and_uv_keep_them) {
  make_python("home/.pyenv/versions/3.98.2/bin/python3.98", "3.98.2");
  make_python("home/.pyenv/versions/3.981.2/bin/python3.981", "3.981.2");
  EXPECT_EQ(get("3.98.7").version, "3.98.2");
  make_python("home/.local/share/uv/python/cpython-3.98.7-linux-x86_64-gnu/bin/python3.98", "3.98.7");
  EXPECT_EQ(get("3.98.7").version, "3.98.7");
}

TEST_F(PythonVersions, that_cannot_make_environments_are_passed_over_and_told_of) {
  make_python("first/python3.98", "3.98.7", "False");
  EXPECT_UNIO_ERROR(get("3.98.7"), failed_precondition);
  make_python("second/python3.98", "3.98.1");
  EXPECT_EQ(get("3.98.7").version, "3.98.1");
}

TEST_F(PythonVersions, that_are_not_there_are_named) {
  try {
    get("3.98.7");
    FAIL() << "there is none";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
    EXPECT_EQ(error.message(), "there is no Python 3.98 here");
    EXPECT_NE(error.hint().find("pyenv install 3.98"), std::string::npos);
  }
  EXPECT_UNIO_ERROR(get("$(touch x)"), invalid_argument);
}

TEST_F(PythonVersions, may_be_named_by_path_name_or_version) {
  make_python("second/python3.98", "3.98.1");
  for (const std::string& wanted :
       {std::string("3.98"), std::string("python3.98"), path("second/python3.98").native()})
    EXPECT_EQ(get_python(wanted, real(variables_)).executable, path("second/python3.98")) << wanted;
  EXPECT_UNIO_ERROR(get_python("python3.97", real(variables_)), not_found);
  EXPECT_UNIO_ERROR(get_python("/nowhere/python", real(variables_)), not_found);
}

}  // namespace
}  // namespace unio::test
