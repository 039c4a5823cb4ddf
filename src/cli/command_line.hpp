#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace unio {

/// What stands before and after any command.
struct GlobalOptions {
  std::optional<std::string> registry;
  std::optional<std::string> endpoint_url;
  std::optional<std::string> region;
  std::optional<std::string> profile;
  bool no_sign_request = false;
  std::optional<std::string> color;
  bool json = false;
  bool quiet = false;
};

/// A command line that was read: what to run, or text to print instead.
struct ParsedLine {
  GlobalOptions options;
  const Command* command = nullptr;
  CommandRun run;
  std::string text;  ///< help or overview; printed when there is no command
};

/// Reads a command line (without the program's name). Error invalid_argument for what is wrong with it, with
/// the nearest command or option as the hint.
ParsedLine parse_command_line(const std::vector<std::string>& words);

/// One option of a command, as help, completion and man page show it.
struct OptionHelp {
  std::string names;
  std::string value;
  std::string help;
  bool positional = false;
  bool required = false;
};
std::vector<OptionHelp> options_of(const Command& command);
std::vector<OptionHelp> global_options();

/// What the exit codes mean, in a few lines.
std::string_view exit_codes();
/// The help text of one command.
std::string help_of(const Command& command);
/// What `unio` alone prints.
std::string overview();

}  // namespace unio
