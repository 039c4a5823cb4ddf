#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"

namespace unio {
namespace {

/// Text for mdoc: a line must not begin with a control character, and backslashes are escapes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    out += c == '\\' ? std::string("\\e") : std::string(1, c);
  }
  return out;
}

std::string option_list(const std::vector<OptionHelp>& options) {
  if (options.empty()) return {};
  std::string text = ".Bl -tag -width Ds\n";
  for (const OptionHelp& option : options) {
    const std::string value = option.value.empty() ? "" : " " + escaped(option.value);
    text += fmt::format(".It Cm {}{}\n{}\n", escaped(option.names), value, escaped(option.help));
  }
  return text + ".El\n";
}

std::string page() {
  std::string text =
      ".Dd November 24, 2026\n.Dt UNIO 1\n.Os\n.Sh NAME\n.Nm unio\n.Nd version control and a catalogue for "
      "data\n"
      ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n.Sh COMMANDS\n";
  for (const Command& command : commands()) {
    text += fmt::format(".Ss {}\n{}.\n", command.name, escaped(command.summary));
    if (!command.details.empty()) text += fmt::format(".Pp\n{}\n", escaped(command.details));
    text += option_list(options_of(command));
    text += fmt::format(".Bd -literal -offset indent\n{}\n.Ed\n", escaped(command.examples));
  }
  text += ".Sh OPTIONS OF EVERY COMMAND\n" + option_list(global_options());
  return text + ".Sh EXIT STATUS\n" + escaped(exit_codes());
}

CommandRun setup(Arguments&) {
  return [](Session& session) {
    session.terminal().write(page());
    return 0;
  };
}

}  // namespace

Command man_command() {
  return {.name = "man",
          .group = Command::Group::manage,
          .summary = "Print the manual page, as mdoc",
          .details = "",
          .examples = "unio man > unio.1",
          .setup = setup};
}

}  // namespace unio
