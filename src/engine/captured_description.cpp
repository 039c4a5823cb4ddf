#include "engine/captured_description.hpp"

#include <fmt/format.h>

#include "model/secrets.hpp"

namespace unio {
namespace {

Texts system_of(const EnvironmentCapture& capture) {
  Texts system;
  const auto set = [&](std::string name, const std::string& value) {
    if (!value.empty()) system.insert_or_assign(std::move(name), value);
  };
  if (const auto& platform = capture.platform) {
    set("os", platform->os);
    set("kernel", platform->kernel);
    set("machine", platform->machine);
    set("cpu", platform->cpu);
    if (platform->cpus > 0) set("cpus", std::to_string(platform->cpus));
    if (platform->memory > 0) set("memory", std::to_string(platform->memory));
  }
  set("python", capture.python_version);
  if (const auto& container = capture.container) {
    set("container", container->engine);
    set("image", container->image.value_or(""));
  }
  set("notebook", capture.notebook);
  for (const auto& [name, value] : capture.variables) set("env." + name, value);
  return system;
}

Texts logs_of(const EnvironmentCapture& capture) {
  Texts logs;
  for (const CapturedLog& log : capture.logs) logs.insert_or_assign(log.name, log.content);
  return logs;
}

}  // namespace

std::size_t mask_labels(ArtifactLabels& labels) {
  std::size_t count = 0;
  const auto mask = [&](std::string_view name, std::string& value) {
    MaskedText masked = mask_value(name, value);
    count += masked.count;
    value = std::move(masked.text);
  };
  for (const std::string_view name : ArtifactLabels::names()) mask(name, *labels.find(name));
  for (auto& [name, value] : labels.infos) mask(name, value);
  return count;
}

ArtifactEnvironment artifact_environment(const EnvironmentCapture& capture) {
  ArtifactEnvironment environment;
  environment.username = capture.user;
  environment.hostname = capture.host;
  environment.argv = capture.argv;
  environment.python_packages = {capture.python_packages.begin(), capture.python_packages.end()};
  if (const auto& git = capture.git) {
    environment.git = ArtifactGit{.branch = git->branch.value_or(""),
                                  .commit = git->commit,
                                  .remote = git->remote.value_or(""),
                                  .dirty = git->dirty};
  }
  environment.system = system_of(capture);
  environment.capture = name(capture.level);
  environment.masked = capture.masked;
  environment.left_out = capture.left_out;
  return environment;
}

std::optional<RevisionSurroundings> captured_surroundings(const EnvironmentCapture& capture) {
  if (capture.level == CaptureLevel::off) return std::nullopt;
  RevisionSurroundings surroundings{.environment = artifact_environment(capture), .logs = logs_of(capture)};
  // The record says who and where by itself.
  surroundings.environment.username.clear();
  surroundings.environment.hostname.clear();
  return surroundings;
}

ArtifactDescription captured_description(const EnvironmentCapture& capture, ArtifactLabels labels) {
  ArtifactDescription description;
  description.environment = artifact_environment(capture);
  description.environment.masked += mask_labels(labels);
  description.labels = std::move(labels);
  description.logs = logs_of(capture);
  return description;
}

}  // namespace unio
