#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// What a command declares about its arguments. The targets must live until the command has run; each is
/// written while the command line is read.
class Arguments {
 public:
  virtual ~Arguments() = default;

  virtual void positional(std::string name, std::string& target, std::string help) = 0;
  virtual void positional(std::string name, std::optional<std::string>& target, std::string help) = 0;
  /// One or more of them.
  virtual void positional(std::string name, std::vector<std::string>& target, std::string help) = 0;
  /// Any number of them.
  virtual void optional_positional(std::string name, std::vector<std::string>& target, std::string help) = 0;
  /// `names` as in "-t,--tag"; `value` is what stands for the value in the help.
  virtual void option(std::string names, std::string value, std::optional<std::string>& target,
                      std::string help) = 0;
  virtual void option(std::string names, std::string value, std::vector<std::string>& target,
                      std::string help) = 0;
  virtual void flag(std::string names, bool& target, std::string help) = 0;
};

}  // namespace unio
