#include "app/app.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/error.hpp"
#include "engine/lineage.hpp"
#include "model/artifact.hpp"

namespace unio {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw_errno("ask for this machine's name");
  return name.data();
}

}  // namespace

App::App(Environment environment)
    : environment_(std::move(environment)),
      config_(Config::load(environment_)),
      failpoints_(Failpoints::from_environment(environment_)),
      cache_(config_.get("cache.dir").value, config_.get_number("cache.size"), random_),
      stores_(cache_, config_, environment_, random_) {}

Context App::context(Progress& progress, std::stop_token stop) {
  return {.stores = stores_,
          .clock = clock_,
          .random = random_,
          .environment = environment_,
          .processes = processes_,
          .failpoints = failpoints_,
          .progress = progress,
          .stop = std::move(stop),
          .threads = static_cast<unsigned>(config_.get_number("threads")),
          .user = config_.get("user").value,
          .host = host_name(),
          .ignored_folders = config_.get_list("ignore")};
}

std::string App::default_registry() const {
  return url_of(config_.get("registry").value);
}

std::vector<std::string> App::registries() const {
  std::vector<std::string> urls{default_registry()};
  for (const auto& [name, remote] : config_.remotes()) urls.push_back(registry_url(remote.url));
  return urls;
}

std::string App::url_of(const std::string& registry) const {
  return registry_url(config_.find_remote(registry).value_or(registry));
}

/// Who cannot write his cache has the folder for temporary files.
void App::make_scratch(std::optional<ProcessFolder>& scratch) {
  try {
    scratch.emplace(config_.get("cache.dir").value + "/scratch", random_);
  } catch (const Error&) {
    scratch.emplace(std::filesystem::temp_directory_path() / fmt::format("unio-scratch-{}", ::getuid()),
                    random_);
  }
}

std::filesystem::path App::new_scratch_folder() {
  auto scratch = scratch_.lock();
  if (!*scratch) make_scratch(*scratch);
  std::filesystem::path folder = (*scratch)->path() / random_id(random_);
  std::filesystem::create_directory(folder);
  return folder;
}

ResolvedRef App::resolve(std::string_view reference, const std::optional<std::string>& registry) const {
  const std::string fallback = registry ? url_of(*registry) : default_registry();
  return unio::resolve(PackageRef::parse(reference), fallback, [&](const std::string& name) {
    auto url = config_.find_remote(name);
    if (url) url = registry_url(*url);
    return url;
  });
}

std::string App::parent_id(std::string_view text, const Context& context,
                           const std::optional<std::string>& registry) const {
  if (is_artifact_id_prefix(text) || is_published_id(text)) {
    check_parent_id(text);
    return std::string(text);
  }
  const auto resolved = [&] {
    try {
      return resolve(text, registry);
    } catch (const Error& error) {
      // What is no reference is told with all that may be given.
      if (error.code() == ErrorCode::invalid_argument) check_parent_id(text);
      throw;
    }
  };
  return get_revision_id(resolved(), context);
}

}  // namespace unio
