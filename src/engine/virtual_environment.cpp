#include "engine/virtual_environment.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/split.hpp"
#include "engine/child_environment.hpp"
#include "engine/local_folders.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished_mark = "unio-unfinished";
constexpr std::string_view requirements_name = "unio-requirements.txt";
/// What pip prints when it fails is of interest near its end.
constexpr std::uint64_t longest_output = std::uint64_t{64} << 20;

bool is_virtual_environment(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(folder, error)) &&
         (fs::exists(folder / "pyvenv.cfg", error) || fs::exists(folder / unfinished_mark, error));
}

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(folder, error)) && fs::is_empty(folder, error);
}

ProcessResult run(const std::vector<std::string>& command, const fs::path& directory,
                  const Context& context) {
  return context.processes.run(command, directory,
                               {.output_limit = longest_output,
                                .environment = environment_for_pip(context.environment),
                                .stop = context.stop});
}

}  // namespace

void check_new_virtual_environment(const fs::path& folder, Replace replace) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  const bool may_replace = is_virtual_environment(folder) || is_empty_folder(folder);
  if (replace == Replace::yes && may_replace) return;
  if (!may_replace)
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' is there and is no virtual environment", folder.native()),
                "choose another folder");
  throw Error(ErrorCode::already_exists,
              fs::exists(folder / unfinished_mark, error)
                  ? fmt::format("'{}' was left unfinished", folder.native())
                  : fmt::format("there is a virtual environment in '{}' already", folder.native()),
              "choose another folder, or --force to replace it");
}

NewVirtualEnvironment::NewVirtualEnvironment(fs::path folder, Replace replace,
                                             const PythonInterpreter& python, const Context& context)
    : context_(context), folder_(std::move(folder)) {
  check_new_virtual_environment(folder_, replace);
  make_folders(folder_.parent_path());
  std::error_code error;
  if (fs::exists(folder_, error)) {
    const fs::path aside = folder_.native() + ".unio-" + random_id(context_.random);
    move_folder(folder_, aside);
    replaced_ = aside;
  }
  // Of two who make the same one, the first.
  if (::mkdir(folder_.c_str(), 0777) != 0) {
    const Error failure = error_from_errno(errno, fmt::format("make folder '{}'", folder_.native()));
    if (!replaced_.empty()) fs::rename(replaced_, folder_, error);
    throw failure;
  }
  try {
    make(python);
  } catch (...) {
    remove();
    throw;
  }
}

void NewVirtualEnvironment::make(const PythonInterpreter& python) const {
  File::create_new(folder_ / unfinished_mark);
  const ProcessResult made = run({python.executable.native(), "-I", "-m", "venv", folder_.native()},
                                 folder_.parent_path(), context_);
  if (made.exit_code == 0) return;
  throw Error(ErrorCode::failed_precondition,
              fmt::format("'{}' could not make a virtual environment: {}", python.executable.native(),
                          complaint(made)),
              "choose another Python by --python");
}

NewVirtualEnvironment::~NewVirtualEnvironment() {
  if (!finished_) remove();
}

void NewVirtualEnvironment::remove() noexcept {
  std::error_code error;
  // Who is in a hurry may end this before all files are gone: they must not stand under the name by then.
  const fs::path aside = folder_.native() + ".unio-" + random_id(context_.random);
  fs::rename(folder_, aside, error);
  if (!replaced_.empty()) fs::rename(replaced_, folder_, error);
  fs::remove_all(aside, error);
}

void NewVirtualEnvironment::install(const std::vector<Requirement>& requirements) const {
  if (requirements.empty()) return;
  std::string lines;
  for (const Requirement& requirement : requirements) lines += requirement.line + "\n";
  const fs::path list = folder_ / requirements_name;
  replace_file(list, as_bytes(lines), context_.random);
  // All that was there is in the list, so nothing else is to come with it.
  const ProcessResult installed =
      run({(folder_ / "bin/python").native(), "-I", "-m", "pip", "install", "--no-deps", "--no-input",
           "--disable-pip-version-check", "-r", list.native()},
          folder_, context_);
  if (installed.exit_code != 0) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("pip could not install what was recorded: {}", complaint(installed)),
                "pip takes packages from the index and the folders that its settings name (pip config list)");
  }
  std::error_code error;
  fs::remove(list, error);
}

PythonPackages NewVirtualEnvironment::packages() const {
  const auto python = find_python_in(folder_);
  check(python.has_value(), "a virtual environment tells its Python");
  return read_python_packages(*python, context_);
}

void NewVirtualEnvironment::finish() {
  std::error_code error;
  if (!fs::remove(folder_ / unfinished_mark, error))
    throw error_from_errno(error.value(), fmt::format("finish '{}'", folder_.native()));
  finished_ = true;
  if (!replaced_.empty()) fs::remove_all(replaced_, error);
}

}  // namespace unio
