#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/context.hpp"

namespace unio {

/// An interpreter that can make virtual environments.
struct PythonInterpreter {
  std::filesystem::path executable;
  std::string version;  ///< "3.11.7"
};

/// An interpreter of this version, else the first of the same minor version: among those in PATH, those of
/// pyenv and those of uv. Each is run to tell its version. Error failed_precondition that says how to get one
/// when there is none; invalid_argument for what is no version.
PythonInterpreter get_python_of_version(std::string_view version, const Context& context);

/// The interpreter that the user named: a path, a program in PATH, or a version. Error not_found;
/// failed_precondition when it cannot make virtual environments.
PythonInterpreter get_python(const std::string& wanted, const Context& context);

}  // namespace unio
