#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace unio {

/// The environment variables of the process, taken once at the start. A value, so that tests make their own.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables);

  /// A copy of this process's variables.
  static Environment of_process();

  /// Absent when the variable is not set or empty.
  std::optional<std::string> find(std::string_view name) const;

  const std::map<std::string, std::string, std::less<>>& variables() const { return variables_; }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace unio
