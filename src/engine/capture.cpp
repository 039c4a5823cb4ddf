#include "engine/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/threads.hpp"
#include "engine/capture_platform.hpp"
#include "engine/git_state.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

/// Puts together what was found, masking each part on its way in.
class Capture {
 public:
  explicit Capture(EnvironmentCapture capture) : capture_(std::move(capture)) {}

  EnvironmentCapture take() { return std::move(capture_); }

  void add_arguments(const std::vector<std::string>& arguments) {
    capture_.argv = counted(mask_arguments(arguments));
  }

  void add_variables(const Environment& environment) {
    for (const auto& [name, value] : environment.variables()) {
      capture_.variables.emplace(counted(mask_secrets(name)), counted(mask_variable(name, value)));
    }
  }

  void add_container(const std::optional<CapturedContainer>& container) {
    if (!container) return;
    capture_.container = container;
    if (container->image) capture_.container->image = counted(mask_secrets(*container->image));
  }

  void add_python(const PythonInstallation& python, const PythonPackages& packages) {
    capture_.python_version = python.version;
    for (const auto& [name, version] : packages.versions) {
      capture_.python_packages.emplace(counted(mask_secrets(name)), counted(mask_secrets(version)));
    }
    add_log("pip_freeze.txt", counted(mask_secrets(packages.freeze)));
  }

  void add_git(const GitState& state, const CaptureOptions& options) {
    CapturedGit git{.commit = state.commit, .dirty = state.dirty, .untracked = state.untracked.size()};
    if (state.branch) git.branch = counted(mask_secrets(*state.branch));
    if (state.remote) git.remote = counted(mask_secrets(*state.remote));
    capture_.git = std::move(git);
    if (options.level == CaptureLevel::references) return;
    if (!state.patch) leave_out("git_diff.patch", options.log_limit);
    if (state.patch && !state.patch->empty()) {
      MaskedText patch = mask_patch(*state.patch);
      capture_.masked += patch.count;
      add_log("git_diff.patch", std::move(patch.text));
    }
    add_untracked(state.untracked, options.untracked_limit);
  }

  void add_notebook(const std::filesystem::path& path, std::uint64_t limit) {
    const std::string name = counted(mask_secrets(path.filename().native()));
    capture_.notebook = name;
    try {
      add_log(name, counted(mask_secrets(read_file(path, limit), TextKind::code)));
    } catch (const Error&) {
      leave_out(name, limit);
    }
  }

 private:
  std::string counted(MaskedText masked) {
    capture_.masked += masked.count;
    return std::move(masked.text);
  }

  void add_log(std::string name, std::string content) {
    capture_.logs.push_back({std::move(name), std::move(content)});
  }

  void leave_out(std::string_view what, std::uint64_t limit) {
    capture_.left_out.push_back(fmt::format("{}: larger than {} bytes, or not readable", what, limit));
  }

  void add_untracked(const std::vector<std::string>& files, std::size_t limit) {
    if (files.empty()) return;
    std::string list;
    for (std::size_t i = 0; i < std::min(files.size(), limit); ++i) list += files[i] + "\n";
    add_log("git_untracked.txt", counted(mask_secrets(list)));
    if (files.size() <= limit) return;
    capture_.left_out.push_back(
        fmt::format("git_untracked.txt: {} of {} files", files.size() - limit, files.size()));
  }

  EnvironmentCapture capture_;
};

/// What takes time: other programs and many files.
struct Findings {
  std::optional<GitState> git;
  PythonPackages packages;
  std::optional<CapturedPlatform> platform;
};

/// Looked for beside each other.
Findings find_all(const CaptureOptions& options, const Context& context) {
  Findings found;
  const std::array<std::function<void()>, 2> searches{
      [&] { found.git = find_git_state(options.directory, options.log_limit, context); },
      [&] {
        if (options.python) found.packages = read_python_packages(*options.python, context);
        found.platform = read_platform(options.system_root);
      }};
  parallel_for(searches.size(), searches.size(), context.stop, [&](std::size_t i) { searches[i](); });
  return found;
}

}  // namespace

std::string_view name(CaptureLevel level) {
  switch (level) {
    case CaptureLevel::off:
      return "off";
    case CaptureLevel::references:
      return "references";
    case CaptureLevel::safe:
      return "safe";
    case CaptureLevel::full:
      break;
  }
  return "full";
}

CaptureLevel parse_capture_level(std::string_view text) {
  for (const CaptureLevel level : {CaptureLevel::off, CaptureLevel::safe, CaptureLevel::full}) {
    if (name(level) == text) return level;
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no capture level", text),
              "use off, safe or full");
}

namespace {

EnvironmentCapture capture_references(const CaptureOptions& options, const Context& context) {
  Capture capture({.level = options.level, .user = context.user});
  capture.add_container(find_container(options.system_root, context.environment));
  if (const auto git = find_git_state(options.directory, std::nullopt, context))
    capture.add_git(*git, options);
  return capture.take();
}

}  // namespace

EnvironmentCapture capture_environment(const CaptureOptions& options, const Context& context) {
  EnvironmentCapture start{.level = options.level, .user = context.user};
  if (options.level == CaptureLevel::off) return start;
  if (options.level == CaptureLevel::references) return capture_references(options, context);
  start.host = context.host;
  Findings found = find_all(options, context);
  start.platform = std::move(found.platform);

  Capture capture(std::move(start));
  capture.add_arguments(options.arguments);
  capture.add_container(find_container(options.system_root, context.environment));
  if (options.python) capture.add_python(*options.python, found.packages);
  if (found.git) capture.add_git(*found.git, options);
  if (options.notebook) capture.add_notebook(*options.notebook, options.log_limit);
  if (options.level == CaptureLevel::full) capture.add_variables(context.environment);
  return capture.take();
}

}  // namespace unio
