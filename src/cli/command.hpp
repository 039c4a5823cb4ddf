#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cli/arguments.hpp"
#include "cli/session.hpp"

namespace unio {

/// Does the work of a command once its arguments are read; returns the exit code.
using CommandRun = std::function<int(Session&)>;

/// One command: what the overview, the help, the completion and the man page know of it, and how it is run.
struct Command {
  enum class Group { start, change, publish, read, folder, artifact, manage };

  std::string_view name;
  Group group = Group::start;
  std::string_view summary;   ///< one line
  std::string_view details;   ///< more lines, may be empty
  std::string_view examples;  ///< one a line
  CommandRun (*setup)(Arguments& arguments);
};

/// All commands, in the order of the overview.
std::span<const Command> commands();

}  // namespace unio
