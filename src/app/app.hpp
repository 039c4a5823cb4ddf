#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "app/stores.hpp"
#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/failpoints.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "base/threads.hpp"
#include "engine/context.hpp"
#include "model/package_ref.hpp"
#include "storage/process_folder.hpp"

namespace unio {

/// The program's outside world, wired once: configuration, clock, randomness, stores. A front end makes one
/// and takes Contexts from it.
class App {
 public:
  explicit App(Environment environment);

  Config& config() { return config_; }
  RandomSource& random() { return random_; }
  CacheFolder& cache() { return cache_; }

  /// What an operation is given. The App and `progress` must outlive it.
  Context context(Progress& progress, std::stop_token stop);

  /// The URL of the default registry.
  std::string default_registry() const;
  /// The URLs of the default registry and of all remotes.
  std::vector<std::string> registries() const;
  /// The URL of one that the user named: a folder, a URL or a remote.
  std::string url_of(const std::string& registry) const;
  /// A reference as the user wrote it, with its registry found: where it names none, the default one, or
  /// `registry` (a folder, a URL or a remote).
  ResolvedRef resolve(std::string_view reference,
                      const std::optional<std::string>& registry = std::nullopt) const;

  /// What something may say that it was made from: an id as is_published_id has them is that, another text a
  /// reference as `resolve` takes it, for the revision that it means now. Errors as of both.
  std::string parent_id(std::string_view text, const Context& context,
                        const std::optional<std::string>& registry = std::nullopt) const;

  /// A new empty folder on this machine, which goes with the App, or with the next one if this dies.
  std::filesystem::path new_scratch_folder();

 private:
  void make_scratch(std::optional<ProcessFolder>& scratch);

  Environment environment_;
  Config config_;
  SystemClock clock_;
  SystemRandom random_;
  SystemProcessRunner processes_;
  Failpoints failpoints_;
  CacheFolder cache_;
  OpenStores stores_;
  Synchronized<std::optional<ProcessFolder>> scratch_;
};

}  // namespace unio
