#include "engine/child_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "base/split.hpp"
#include "model/secrets.hpp"

namespace unio {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

template <class Unwanted>
Variables without(const Environment& environment, Unwanted&& unwanted) {
  Variables variables = environment.variables();
  std::erase_if(variables, [&](const auto& variable) { return unwanted(std::string_view(variable.first)); });
  return variables;
}

}  // namespace

Environment environment_for_git(const Environment& environment) {
  // What `git rev-parse --local-env-vars` lists.
  constexpr std::array<std::string_view, 15> local{"GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                                   "GIT_CONFIG",
                                                   "GIT_CONFIG_PARAMETERS",
                                                   "GIT_CONFIG_COUNT",
                                                   "GIT_OBJECT_DIRECTORY",
                                                   "GIT_DIR",
                                                   "GIT_WORK_TREE",
                                                   "GIT_IMPLICIT_WORK_TREE",
                                                   "GIT_GRAFT_FILE",
                                                   "GIT_INDEX_FILE",
                                                   "GIT_NO_REPLACE_OBJECTS",
                                                   "GIT_REPLACE_REF_BASE",
                                                   "GIT_PREFIX",
                                                   "GIT_SHALLOW_FILE",
                                                   "GIT_COMMON_DIR"};
  Variables variables = without(environment, [&](std::string_view name) {
    return std::find(local.begin(), local.end(), name) != local.end() || name == "GIT_NAMESPACE";
  });
  variables.insert_or_assign("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh");
  variables.insert_or_assign("GIT_TERMINAL_PROMPT", "0");
  return Environment(std::move(variables));
}

Environment environment_for_pip(const Environment& environment) {
  constexpr std::array<std::string_view, 10> elsewhere{
      "PIP_TARGET",   "PIP_PREFIX",     "PIP_ROOT",   "PIP_USER",    "PIP_REQUIREMENT",
      "PIP_EDITABLE", "PIP_CONSTRAINT", "PIP_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX"};
  return Environment(without(environment, [&](std::string_view name) {
    return name.starts_with("PYTHON") || name.starts_with("__PYVENV") ||
           std::find(elsewhere.begin(), elsewhere.end(), name) != elsewhere.end();
  }));
}

std::string complaint(const ProcessResult& result) {
  std::string last, named;
  for (const std::string& output : {result.output, result.error_output}) {
    for (const std::string& whole : split(output, '\n')) {
      const std::string_view line = trimmed(whole);
      if (line.empty()) continue;
      last = line;
      const std::string lower = to_lower(line);
      if (lower.starts_with("error") || lower.starts_with("fatal")) named = line;
    }
  }
  return mask_secrets(named.empty() ? last : named).text;
}

}  // namespace unio
