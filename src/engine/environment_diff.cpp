#include "engine/environment_diff.hpp"

#include <algorithm>
#include <array>

#include "engine/captured_description.hpp"
#include "model/python_names.hpp"

namespace unio {
namespace {

using Part = EnvironmentDifference::Part;

std::optional<std::string> text_or_none(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string> find_text(const Texts& texts, std::string_view name) {
  const auto found = texts.find(name);
  return found == texts.end() ? std::nullopt : text_or_none(found->second);
}

/// "none", "yes", or "3f2a… " of the patch where there is one.
std::string changes_text(const ArtifactGit& git, const std::optional<Sha256Value>& patch) {
  constexpr std::size_t shown_digits = 12;
  if (!git.dirty) return "none";
  return patch ? "patch " + to_hex(*patch).substr(0, shown_digits) : "not committed";
}

class Comparison {
 public:
  void add(Part part, std::string name, const std::optional<std::string>& recorded,
           const std::optional<std::string>& present) {
    if (recorded != present) result_.differences.push_back({part, std::move(name), recorded, present});
  }

  void add_python(const Texts& recorded, const Texts& present) {
    const auto version = find_text(recorded, "python");
    if (!version) return result_.not_recorded.push_back(Part::python);
    add(Part::python, "version", version, find_text(present, "python"));
  }

  void add_packages(const RecordedEnvironment& recorded, const EnvironmentCapture& present) {
    const ArtifactEnvironment& environment = recorded.environment;
    // Where Python was captured, none at all is an answer too.
    if (environment.python_packages.empty() && !find_text(environment.system, "python"))
      return result_.not_recorded.push_back(Part::package);
    EnvironmentComparison packages =
        compare_packages(environment.python_packages, present.python_packages, present.python_version);
    result_.same_packages = packages.same_packages;
    result_.differences.insert(result_.differences.end(), packages.differences.begin(),
                               packages.differences.end());
  }

  void add_system(const Texts& recorded, const Texts& present) {
    constexpr std::array<std::string_view, 4> names{"os", "machine", "cpu", "image"};
    bool known = false;
    for (const std::string_view name : names) {
      const auto value = find_text(recorded, name);
      known = known || value;
      if (value) add(Part::system, std::string(name), value, find_text(present, name));
    }
    if (!known) result_.not_recorded.push_back(Part::system);
  }

  void add_git(const RecordedEnvironment& recorded, const std::optional<ArtifactGit>& present,
               const std::optional<Sha256Value>& patch) {
    const auto& git = recorded.environment.git;
    if (!git) return result_.not_recorded.push_back(Part::git);
    const ArtifactGit here = present.value_or(ArtifactGit{});
    add(Part::git, "commit", text_or_none(git->commit), text_or_none(here.commit));
    add(Part::git, "branch", text_or_none(git->branch), text_or_none(here.branch));
    add(Part::git, "remote", text_or_none(git->remote), text_or_none(here.remote));
    if (!present) return;
    const ArtifactFile* log = recorded.find_log(captured_logs::git_diff);
    const bool comparable = log != nullptr && log->sha256 && patch;
    add(Part::git, "changes", changes_text(*git, comparable ? log->sha256 : std::nullopt),
        changes_text(here, comparable ? patch : std::nullopt));
  }

  EnvironmentComparison take() { return std::move(result_); }

 private:
  EnvironmentComparison result_;
};

std::optional<Sha256Value> patch_digest(const EnvironmentCapture& capture) {
  for (const CapturedLog& log : capture.logs) {
    if (log.name == captured_logs::git_diff) return sha256(as_bytes(log.content));
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(Part part) {
  switch (part) {
    case Part::python:
      return "python";
    case Part::package:
      return "package";
    case Part::system:
      return "system";
    case Part::git:
      break;
  }
  return "git";
}

EnvironmentComparison compare_packages(const Texts& recorded,
                                       const std::map<std::string, std::string>& present,
                                       std::string_view python_version) {
  struct Package {
    std::string name;
    std::optional<std::string> recorded;
    std::optional<std::string> present;
  };
  std::map<std::string, Package> packages;
  const auto package = [&](const std::string& name) -> Package& {
    Package& found = packages[normalized_package_name(name)];
    if (found.name.empty()) found.name = name;
    return found;
  };
  for (const auto& [name, version] : recorded) {
    if (!is_python_installer(name, python_version)) package(name).recorded = version;
  }
  for (const auto& [name, version] : present) {
    if (!is_python_installer(name, python_version)) package(name).present = version;
  }
  EnvironmentComparison result;
  for (auto& [unused, each] : packages) {
    if (each.recorded == each.present) {
      ++result.same_packages;
    } else {
      result.differences.push_back({Part::package, each.name, each.recorded, each.present});
    }
  }
  return result;
}

EnvironmentComparison compare_environments(const RecordedEnvironment& recorded,
                                           const EnvironmentCapture& present) {
  const ArtifactEnvironment here = artifact_environment(present);
  Comparison comparison;
  comparison.add_python(recorded.environment.system, here.system);
  comparison.add_packages(recorded, present);
  comparison.add_system(recorded.environment.system, here.system);
  comparison.add_git(recorded, here.git, patch_digest(present));
  return comparison.take();
}

}  // namespace unio
