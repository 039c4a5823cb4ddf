#include "engine/python_versions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/split.hpp"
#include "engine/child_environment.hpp"
#include "model/recorded_values.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

/// Something that may be an interpreter.
bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

void add_from_path(const std::string& minor, const Context& context, std::vector<fs::path>& found) {
  const std::vector<std::string> folders = split(context.environment.find("PATH").value_or(""), ':');
  for (const std::string& name : {"python" + minor, std::string("python3"), std::string("python")}) {
    for (const std::string& folder : folders) {
      if (const fs::path path = fs::path(folder) / name; is_program(path)) found.push_back(path);
    }
  }
}

/// The folders that managers of Pythons keep one version in each; what is before the version in their names.
struct ManagedFolder {
  fs::path folder;
  std::string before;
};

std::vector<ManagedFolder> managed_folders(const Context& context) {
  const fs::path home = context.environment.find("HOME").value_or("/");
  const auto root = [&](std::string_view variable, const fs::path& otherwise) {
    const auto value = context.environment.find(variable);
    return value ? fs::path(*value) : otherwise;
  };
  const fs::path data = root("XDG_DATA_HOME", home / ".local/share");
  return {{root("PYENV_ROOT", home / ".pyenv") / "versions", ""},
          {root("UV_PYTHON_INSTALL_DIR", data / "uv/python"), "cpython-"}};
}

void add_managed(const ManagedFolder& managed, const std::string& minor, std::vector<fs::path>& found) {
  const std::string wanted = managed.before + minor;
  std::vector<fs::path> versions;
  std::error_code error;
  for (fs::directory_iterator entry(managed.folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(wanted) && (name.size() == wanted.size() || !is_digit(name[wanted.size()])))
      versions.push_back(entry->path() / "bin" / ("python" + minor));
  }
  std::sort(versions.rbegin(), versions.rend());
  std::copy_if(versions.begin(), versions.end(), std::back_inserter(found), is_program);
}

std::vector<fs::path> candidates(const std::string& minor, const Context& context) {
  std::vector<fs::path> found;
  add_from_path(minor, context, found);
  for (const ManagedFolder& managed : managed_folders(context)) add_managed(managed, minor, found);
  return found;
}

struct Answer {
  PythonInterpreter python;
  bool makes_environments = false;
};

/// Absent when it is no Python that runs, as a shim of pyenv for a version that is not chosen.
std::optional<Answer> ask(const fs::path& executable, const Context& context) {
  constexpr std::string_view question =
      "import importlib.util as u, sys; "
      "print(sys.version.split()[0], all(u.find_spec(m) for m in ('venv', 'ensurepip')), sep='\\n')";
  constexpr std::uint64_t longest_answer = 1000;
  try {
    const ProcessResult answer =
        context.processes.run({executable.native(), "-I", "-B", "-c", std::string(question)}, "/",
                              {.output_limit = longest_answer,
                               .environment = environment_for_pip(context.environment),
                               .stop = context.stop});
    const std::vector<std::string> lines = split(answer.output, '\n');
    if (answer.exit_code != 0 || lines.size() != 2) return std::nullopt;
    return Answer{{executable, lines[0]}, lines[1] == "True"};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    return std::nullopt;
  }
}

Error cannot_make_environments(const PythonInterpreter& python) {
  return Error(ErrorCode::failed_precondition,
               fmt::format("'{}' cannot make virtual environments: it has no venv or ensurepip",
                           python.executable.native()),
               fmt::format("on Debian and Ubuntu: apt install python{}-venv",
                           find_minor_version(python.version).value_or("3")));
}

}  // namespace

PythonInterpreter get_python_of_version(std::string_view version, const Context& context) {
  const auto minor = find_minor_version(version);
  if (!minor) throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no version of Python", version));
  std::optional<Answer> near, unable;
  for (const fs::path& candidate : candidates(*minor, context)) {
    throw_if_stopped(context.stop);
    auto answer = ask(candidate, context);
    if (!answer || find_minor_version(answer->python.version) != minor) continue;
    auto& kept = answer->makes_environments ? near : unable;
    if (answer->makes_environments && answer->python.version == version) return answer->python;
    if (!kept) kept = std::move(answer);
  }
  if (near) return near->python;
  if (unable) throw cannot_make_environments(unable->python);
  throw Error(
      ErrorCode::failed_precondition, fmt::format("there is no Python {} here", *minor),
      fmt::format("get it, for example by `uv python install {0}` or `pyenv install {0}`, or choose another "
                  "one by --python",
                  *minor));
}

PythonInterpreter get_python(const std::string& wanted, const Context& context) {
  if (find_minor_version(wanted)) return get_python_of_version(wanted, context);
  std::vector<fs::path> places;
  if (wanted.find('/') != std::string::npos) {
    places.push_back(fs::absolute(wanted));
  } else {
    for (const std::string& folder : split(context.environment.find("PATH").value_or(""), ':'))
      places.push_back(fs::path(folder) / wanted);
  }
  for (const fs::path& place : places) {
    const auto answer = is_program(place) ? ask(place, context) : std::nullopt;
    if (!answer) continue;
    if (!answer->makes_environments) throw cannot_make_environments(answer->python);
    return answer->python;
  }
  throw Error(ErrorCode::not_found, fmt::format("'{}' is no Python that runs", wanted),
              "give the path of an interpreter, or a version such as 3.11");
}

}  // namespace unio
