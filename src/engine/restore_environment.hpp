#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/environment_diff.hpp"
#include "engine/recorded_environment.hpp"
#include "engine/virtual_environment.hpp"

namespace unio {

struct RestoreOptions {
  std::filesystem::path folder = ".venv";  ///< of the virtual environment
  Replace replace = Replace::no;
  /// An interpreter, or a version; absent: one of the recorded version.
  std::optional<std::string> python = {};
  /// Where the recorded commit is checked out; absent: nowhere.
  std::optional<std::filesystem::path> checkout = {};
  /// What relative paths begin at, and whose repository is looked for the commit.
  std::filesystem::path directory = ".";
};

struct RestoredCheckout {
  std::filesystem::path folder;
  std::string commit;
  std::optional<std::string>
      remote;            ///< that it was cloned from; absent for a worktree of the present repository
  bool patched = false;  ///< recorded changes were applied
  std::optional<std::string> not_patched;  ///< why recorded changes could not be
  std::vector<std::string> untracked;      ///< files that were there and were not recorded
};

struct RestoredEnvironment {
  /// Absent when no Python was recorded, and only a checkout was asked for.
  std::optional<PythonInterpreter> python;
  std::filesystem::path folder;
  std::size_t installed = 0;                       ///< packages
  std::vector<LeftOutRequirement> left_out;        ///< what pip was not given
  std::vector<EnvironmentDifference> differences;  ///< between what is there now and the record
  std::optional<RestoredCheckout> checkout;

  /// Whether all is as it was recorded.
  bool is_whole() const;
};

/// Makes a virtual environment with the recorded Python and packages, and perhaps a checkout of the recorded
/// commit with the recorded changes. Both appear when both are made: after a failure, or when it is stopped,
/// nothing of them is left. Everything recorded is taken for hostile (recorded_values.hpp).
///
/// Errors: failed_precondition when no Python was recorded, or there is none of its version, or pip fails;
/// already_exists for a folder that is there; those of NewCheckout.
RestoredEnvironment restore_environment(const Registry& registry, const RecordedEnvironment& recorded,
                                        const RestoreOptions& options, const Context& context);

}  // namespace unio
