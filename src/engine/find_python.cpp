#include <algorithm>
#include <string_view>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/readable_file.hpp"
#include "base/split.hpp"
#include "engine/python_packages.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// The value of a line `name = value` of pyvenv.cfg.
std::optional<std::string> find_setting(std::string_view text, std::string_view name) {
  for (const std::string& line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || to_lower(trimmed(std::string_view(line).substr(0, equals))) != name)
      continue;
    return std::string(trimmed(std::string_view(line).substr(equals + 1)));
  }
  return std::nullopt;
}

/// "3.11.7" of "3.11.7.final.0"; "3.11" of it for two parts.
std::string first_parts(std::string_view version, std::size_t parts) {
  std::size_t end = 0;
  for (; parts > 0 && end < version.size(); --parts) {
    end = std::min(version.find('.', end + 1), version.size());
  }
  return std::string(version.substr(0, end));
}

/// The version that conda installed, in whose records it stands by name:
/// `conda-meta/python-3.11.7-h955ad1f_0.json`.
std::optional<std::string> find_conda_version(const fs::path& prefix) {
  std::error_code error;
  for (fs::directory_iterator entry(prefix / "conda-meta", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().native();
    if (!name.starts_with("python-") || name.size() < 8 || !is_digit(name[7])) continue;
    return name.substr(7, name.find('-', 7) - 7);
  }
  return std::nullopt;
}

/// A folder of packages and those that its `*.pth` files add, as Python's site module reads them. Lines that
/// run code only make modules importable, whose packages are in the folder itself.
void add_site(const fs::path& site, std::vector<fs::path>& paths) {
  paths.push_back(site);
  std::vector<fs::path> lists;
  std::error_code error;
  for (fs::directory_iterator entry(site, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().extension() == ".pth") lists.push_back(entry->path());
  }
  std::sort(lists.begin(), lists.end());
  for (const fs::path& list : lists) {
    for (const std::string& line : split(find_readable_file(list).value_or(""), '\n')) {
      const std::string_view path = trimmed(line);
      const bool code = path.starts_with("import ") || path.starts_with("import\t");
      if (path.empty() || path.starts_with('#') || code || !is_folder(site / path)) continue;
      paths.push_back(site / path);
    }
  }
}

PythonInstallation installation_of(const fs::path& prefix, const std::string& version) {
  PythonInstallation python{.version = version, .executable = prefix / "bin" / "python", .search_paths = {}};
  const std::string folder = "python" + first_parts(version, 2);
  const fs::path lib = prefix / "lib" / folder / "site-packages";
  add_site(lib, python.search_paths);
  const fs::path lib64 = prefix / "lib64" / folder / "site-packages";
  std::error_code error;
  if (is_folder(lib64) && !fs::equivalent(lib, lib64, error)) add_site(lib64, python.search_paths);
  return python;
}

/// With what PYTHONPATH puts before it.
std::optional<PythonInstallation> find_with_variables(const fs::path& prefix, const Context& context) {
  auto python = find_python_in(prefix);
  if (!python) return std::nullopt;
  const std::vector<std::string> first = split(context.environment.find("PYTHONPATH").value_or(""), ':');
  python->search_paths.insert(python->search_paths.begin(), first.begin(), first.end());
  return python;
}

std::optional<PythonInstallation> ask_python(const std::string& executable, const Context& context) {
  constexpr std::string_view question =
      "import sys; print(sys.version.split()[0], sys.executable, *sys.path, sep='\\n')";
  try {
    const ProcessResult answer = context.processes.run({executable, "-B", "-c", std::string(question)}, "/");
    const std::vector<std::string> lines = split(answer.output, '\n');
    if (answer.exit_code != 0 || lines.size() < 2) return std::nullopt;
    return PythonInstallation{
        .version = lines[0], .executable = lines[1], .search_paths = {lines.begin() + 2, lines.end()}};
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<fs::path> find_in_path(const Context& context) {
  const std::vector<std::string> folders = split(context.environment.find("PATH").value_or(""), ':');
  for (const std::string_view name : {"python3", "python"}) {
    for (const std::string& folder : folders) {
      const fs::path path = fs::path(folder) / name;
      std::error_code error;
      if (fs::is_regular_file(path, error)) return path;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<PythonInstallation> find_python_in(const fs::path& prefix) {
  std::optional<std::string> version;
  if (const auto settings = find_readable_file(prefix / "pyvenv.cfg")) {
    const auto shared = find_setting(*settings, "include-system-site-packages");
    if (shared && to_lower(*shared) == "true") return std::nullopt;
    version = find_setting(*settings, "version");
    if (!version) version = find_setting(*settings, "version_info");
  } else {
    version = find_conda_version(prefix);
  }
  if (!version) return std::nullopt;
  PythonInstallation python = installation_of(prefix, first_parts(*version, 3));
  const bool whole = std::any_of(python.search_paths.begin(), python.search_paths.end(), is_folder);
  return whole ? std::optional(std::move(python)) : std::nullopt;
}

std::optional<PythonInstallation> find_python(const Context& context) {
  for (const std::string_view variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const auto prefix = context.environment.find(variable);
    if (!prefix) continue;
    if (auto python = find_with_variables(*prefix, context)) return python;
    if (auto python = ask_python(fs::path(*prefix) / "bin" / "python", context)) return python;
  }
  const auto executable = find_in_path(context);
  if (!executable) return std::nullopt;
  // Not resolved: Python too takes the environment from where its link stands.
  if (auto python = find_with_variables(executable->parent_path().parent_path(), context)) return python;
  return ask_python(*executable, context);
}

}  // namespace unio
