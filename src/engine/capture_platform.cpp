#include "engine/capture_platform.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/ascii.hpp"
#include "base/readable_file.hpp"
#include "base/threads.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

/// The value of the first line `name<divider>value`, without its quotes; empty when there is none.
std::string find_value(std::string_view text, std::string_view name, char divider) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const auto at = line.find(divider);
    if (at != std::string_view::npos && trimmed(line.substr(0, at)) == name) {
      std::string_view value = trimmed(line.substr(at + 1));
      if (value.size() > 1 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      return std::string(value);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string container_engine(const fs::path& root, const Environment& environment) {
  if (is_there(root / "run/.containerenv")) return "podman";
  if (environment.find("KUBERNETES_SERVICE_HOST")) return "kubernetes";
  if (is_there(root / ".dockerenv")) return "docker";
  if (environment.find("APPTAINER_CONTAINER") || environment.find("SINGULARITY_CONTAINER"))
    return "apptainer";
  return {};
}

std::optional<std::string> find_image(const fs::path& root, const Environment& environment) {
  constexpr std::array<std::string_view, 6> variables{"UNIO_CONTAINER_IMAGE", "JUPYTER_IMAGE_SPEC",
                                                      "JUPYTER_IMAGE",        "CI_JOB_IMAGE",
                                                      "APPTAINER_CONTAINER",  "SINGULARITY_CONTAINER"};
  for (const std::string_view variable : variables) {
    if (auto image = environment.find(variable)) return image;
  }
  std::string image = find_value(find_readable_file(root / "run/.containerenv").value_or(""), "image", '=');
  return image.empty() ? std::nullopt : std::optional(std::move(image));
}

}  // namespace

CapturedPlatform read_platform(const fs::path& root) {
  CapturedPlatform platform;
  struct ::utsname names {};
  if (::uname(&names) == 0) {
    platform.kernel = std::string(names.sysname) + " " + names.release;
    platform.machine = names.machine;
  }
  platform.os = find_value(find_readable_file(root / "etc/os-release").value_or(""), "PRETTY_NAME", '=');
  platform.cpu = find_value(find_readable_file(root / "proc/cpuinfo").value_or(""), "model name", ':');
  platform.cpus = default_threads();
  const std::string memory =
      find_value(find_readable_file(root / "proc/meminfo").value_or(""), "MemTotal", ':');
  std::uint64_t kibibytes = 0;
  std::from_chars(memory.data(), memory.data() + memory.size(), kibibytes);
  platform.memory = kibibytes * 1024;
  return platform;
}

std::optional<CapturedContainer> find_container(const fs::path& root, const Environment& environment) {
  CapturedContainer container{.engine = container_engine(root, environment),
                              .image = find_image(root, environment)};
  if (container.engine.empty() && !container.image) return std::nullopt;
  return container;
}

}  // namespace unio
