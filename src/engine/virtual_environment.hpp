#pragma once

#include <filesystem>
#include <vector>

#include "engine/python_packages.hpp"
#include "engine/python_versions.hpp"
#include "model/recorded_values.hpp"

namespace unio {

/// What to do where a virtual environment is already.
enum class Replace { no, yes };

/// A virtual environment on its way. Until `finish` it has a file that says that it is not whole; destroyed
/// before, it is removed again, and the one that it was to replace comes back.
class NewVirtualEnvironment {
 public:
  /// Makes it, with pip in it. The folder is absolute. Error already_exists for a folder that is there, with
  /// Replace::yes only for one that is no virtual environment; failed_precondition when Python cannot make
  /// it.
  NewVirtualEnvironment(std::filesystem::path folder, Replace replace, const PythonInterpreter& python,
                        const Context& context);
  ~NewVirtualEnvironment();
  NewVirtualEnvironment(const NewVirtualEnvironment&) = delete;
  NewVirtualEnvironment& operator=(const NewVirtualEnvironment&) = delete;

  /// Lets pip install these, each in its version and nothing else, from where the user's pip takes packages.
  /// Error failed_precondition with pip's own words when it cannot.
  void install(const std::vector<Requirement>& requirements) const;

  /// What is in it.
  PythonPackages packages() const;

  void finish();

 private:
  void make(const PythonInterpreter& python) const;
  void remove() noexcept;

  const Context& context_;
  std::filesystem::path folder_;
  std::filesystem::path replaced_;  ///< where the former one waits; empty: there was none
  bool finished_ = false;
};

/// Throws what the constructor would for this folder, before anything is done.
void check_new_virtual_environment(const std::filesystem::path& folder, Replace replace);

}  // namespace unio
