#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "engine/context.hpp"

namespace unio {

/// A Python interpreter and where it finds packages. Python itself gives sys.version, sys.executable and
/// sys.path; the command uses find_python.
struct PythonInstallation {
  std::string version;     ///< "3.11.7", or whatever sys.version says
  std::string executable;  ///< may be empty
  /// In the order of sys.path. What is no folder is skipped.
  std::vector<std::filesystem::path> search_paths;
};

/// The Python of VIRTUAL_ENV, else of CONDA_PREFIX, else the first `python3` or `python` in PATH. Read from
/// its folders; it is run only when they do not tell its version or its search paths, as for a system's own
/// Python. Absent when there is none.
std::optional<PythonInstallation> find_python(const Context& context);

/// The Python of the virtual environment, or of conda's environment, in this folder, and only what is
/// installed there. Absent when its folders do not tell.
std::optional<PythonInstallation> find_python_in(const std::filesystem::path& prefix);

/// What is installed: names as pip shows them, and the line (or lines) of `pip freeze` for each.
struct PythonPackages {
  std::map<std::string, std::string> versions;  ///< name → version
  /// A requirements file with which `pip install -r` installs the same: what `pip freeze` prints, so without
  /// pip itself (and setuptools and wheel, before Python 3.12), but no URL has credentials.
  std::string freeze;
};

/// Reads `*.dist-info`, `*.egg-info` and `*.egg-link` of the search paths, never running pip or Python. Names
/// are compared as PEP 503 says; the first on the path wins. An entry without a readable name and version is
/// skipped, as pip skips it. Runs git for packages that are installed from a checkout in editable mode.
PythonPackages read_python_packages(const PythonInstallation& python, const Context& context);

/// Whether the package only installs others: pip, and setuptools and wheel before Python 3.12. Environments
/// have them anyway.
bool is_python_installer(std::string_view name, std::string_view python_version);

}  // namespace unio
