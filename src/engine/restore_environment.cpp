#include "engine/restore_environment.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/split.hpp"
#include "engine/restore_checkout.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

namespace fs = std::filesystem;

std::string recorded_python(const RecordedEnvironment& recorded) {
  const auto found = recorded.environment.system.find("python");
  return found == recorded.environment.system.end() ? std::string() : found->second;
}

bool has_python(const RecordedEnvironment& recorded) {
  return !recorded_python(recorded).empty() || !recorded.environment.python_packages.empty();
}

/// By the record of pip freeze, which knows where each came from; else by names and versions.
Requirements find_requirements(const Registry& registry, const RecordedEnvironment& recorded,
                               const Context& context) {
  if (const auto freeze = find_log(registry, recorded, captured_logs::pip_freeze, context))
    return read_requirements(*freeze);
  Requirements requirements;
  for (const auto& [name, version] : recorded.environment.python_packages) {
    if (is_python_installer(name, recorded_python(recorded))) continue;
    if (auto requirement = find_pinned_requirement(name, version)) {
      requirements.accepted.push_back(*std::move(requirement));
    } else {
      requirements.left_out.push_back({name + "==" + version, "it is no name and version"});
    }
  }
  return requirements;
}

/// What was installed from files of the machine that recorded it can be only where those are.
void leave_out_missing_files(Requirements& requirements) {
  std::erase_if(requirements.accepted, [&](const Requirement& requirement) {
    std::error_code error;
    if (!requirement.path || fs::exists(*requirement.path, error)) return false;
    requirements.left_out.push_back({requirement.line, "that file is not on this machine"});
    return true;
  });
}

PythonInterpreter choose_python(const RecordedEnvironment& recorded, const RestoreOptions& options,
                                const Context& context) {
  if (options.python) return get_python(*options.python, context);
  const std::string version = recorded_python(recorded);
  if (version.empty()) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("the version of Python was not recorded with '{}'", recorded.id),
                "choose one by --python, for example --python 3.11");
  }
  return get_python_of_version(version, context);
}

/// The recorded parts, put together and thrown away together.
class Restoring {
 public:
  Restoring(const Registry& registry, const RecordedEnvironment& recorded, const RestoreOptions& options,
            const Context& context)
      : registry_(registry), recorded_(recorded), options_(options), context_(context) {}

  RestoredEnvironment run() {
    check();
    if (options_.checkout) check_out();
    if (result_.python) make_environment();
    throw_if_stopped(context_.stop);
    if (checkout_) checkout_->finish();
    if (environment_) environment_->finish();
    return std::move(result_);
  }

 private:
  fs::path absolute(const fs::path& path) const {
    return (fs::absolute(options_.directory) / path).lexically_normal();
  }

  /// All that can be told before anything is made.
  void check() {
    if (options_.checkout) {
      result_.checkout.emplace();
      result_.checkout->folder = absolute(*options_.checkout);
      check_new_checkout(result_.checkout->folder, recorded_);
    }
    if (!has_python(recorded_)) {
      if (options_.checkout) return;
      throw Error(ErrorCode::failed_precondition,
                  fmt::format("no Python was recorded with '{}'", recorded_.id),
                  recorded_.environment.git ? "--checkout DIR gets the commit that was recorded"
                                            : "capture safe or full records it");
    }
    result_.folder = absolute(options_.folder);
    check_new_virtual_environment(result_.folder, options_.replace);
    if (options_.checkout && is_within(result_.folder.native(), result_.checkout->folder.native())) {
      throw Error(ErrorCode::invalid_argument,
                  "the virtual environment cannot be made within the new checkout",
                  "choose a folder beside it");
    }
    result_.python = choose_python(recorded_, options_, context_);
  }

  void check_out() {
    const ProgressPhase phase(context_.progress, "checking out");
    RestoredCheckout& made = *result_.checkout;
    checkout_ = std::make_unique<NewCheckout>(CheckoutPlaces{made.folder, fs::absolute(options_.directory)},
                                              recorded_, context_);
    made.commit = checkout_->commit();
    made.remote = checkout_->remote();
    if (const auto patch = find_log(registry_, recorded_, captured_logs::git_diff, context_)) {
      made.not_patched = checkout_->apply(*patch);
      made.patched = !made.not_patched;
    } else if (recorded_.environment.git->dirty) {
      made.not_patched = "they were not recorded";
    }
    if (const auto list = find_log(registry_, recorded_, captured_logs::git_untracked, context_))
      made.untracked = split(*list, '\n');
  }

  void make_environment() {
    Requirements requirements = find_requirements(registry_, recorded_, context_);
    leave_out_missing_files(requirements);
    result_.left_out = std::move(requirements.left_out);
    {
      const ProgressPhase phase(context_.progress, "making the virtual environment");
      environment_ = std::make_unique<NewVirtualEnvironment>(result_.folder, options_.replace,
                                                             *result_.python, context_);
    }
    const ProgressPhase phase(context_.progress, "installing packages");
    environment_->install(requirements.accepted);
    result_.installed = requirements.accepted.size();
    compare();
  }

  void compare() {
    const std::string version = recorded_python(recorded_);
    if (!version.empty() && version != result_.python->version) {
      result_.differences.push_back(
          {EnvironmentDifference::Part::python, "version", version, result_.python->version});
    }
    const EnvironmentComparison packages =
        compare_packages(recorded_.environment.python_packages, environment_->packages().versions,
                         version.empty() ? result_.python->version : version);
    result_.differences.insert(result_.differences.end(), packages.differences.begin(),
                               packages.differences.end());
  }

  const Registry& registry_;
  const RecordedEnvironment& recorded_;
  const RestoreOptions& options_;
  const Context& context_;
  RestoredEnvironment result_;
  std::unique_ptr<NewCheckout> checkout_;
  std::unique_ptr<NewVirtualEnvironment> environment_;
};

}  // namespace

bool RestoredEnvironment::is_whole() const {
  return differences.empty() && !(checkout && checkout->not_patched);
}

RestoredEnvironment restore_environment(const Registry& registry, const RecordedEnvironment& recorded,
                                        const RestoreOptions& options, const Context& context) {
  return Restoring(registry, recorded, options, context).run();
}

}  // namespace unio
