#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/capture.hpp"
#include "engine/recorded_environment.hpp"

namespace unio {

/// One thing that is not as it was recorded.
struct EnvironmentDifference {
  enum class Part { python, package, system, git };
  Part part = Part::python;
  /// Of a package as it was recorded; of the system `os`, `machine`, `cpu`, `image`; of git `commit`,
  /// `branch`, `remote`, `changes`.
  std::string name;
  std::optional<std::string> recorded;  ///< absent: it was not there
  std::optional<std::string> present;   ///< absent: it is not here

  bool operator==(const EnvironmentDifference&) const = default;
};

std::string_view name(EnvironmentDifference::Part part);

struct EnvironmentComparison {
  std::vector<EnvironmentDifference> differences;  ///< in the order of the parts; packages by name
  std::size_t same_packages = 0;
  /// Parts of which the record says nothing: there is nothing that they could differ from.
  std::vector<EnvironmentDifference::Part> not_recorded;
};

/// What differs between a recorded environment and a present one that was captured in the same way, so that
/// masked values are equal when both are masked. Names of packages are compared as PEP 503 says; pip, and
/// before Python 3.12 setuptools and wheel, are not compared, since they only install the others.
EnvironmentComparison compare_environments(const RecordedEnvironment& recorded,
                                           const EnvironmentCapture& present);

/// The packages alone. Names and versions, as they were recorded and as they are.
EnvironmentComparison compare_packages(const Texts& recorded,
                                       const std::map<std::string, std::string>& present,
                                       std::string_view python_version);

}  // namespace unio
