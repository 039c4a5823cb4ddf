#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"

namespace unio {
namespace {

std::string long_name(const OptionHelp& option) {
  const auto comma = option.names.rfind(',');
  return comma == std::string::npos ? option.names : option.names.substr(comma + 1);
}

std::string names_of_options(const Command& command) {
  std::string names;
  for (const auto& options : {options_of(command), global_options()}) {
    for (const OptionHelp& option : options) {
      if (!option.positional) names += " " + long_name(option);
    }
  }
  return names.substr(names.empty() ? 0 : 1);
}

std::string names_of_commands() {
  std::string names;
  for (const Command& command : commands())
    names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
  return names;
}

std::string bash() {
  std::string cases;
  for (const Command& command : commands()) {
    cases += fmt::format("    {}) options=\"{}\" ;;\n", command.name, names_of_options(command));
  }
  return fmt::format(R"(# Completion of unio for bash: source <(unio completion bash)
_unio() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}" options=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{}" -- "$word"))
    return
  fi
  case "$command" in
{}  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}}
complete -o filenames -F _unio unio
)",
                     names_of_commands(), cases);
}

std::string zsh() {
  return "#compdef unio\nautoload -U +X bashcompinit && bashcompinit\n" + bash();
}

/// Single quotes inside a fish text.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + "'";
}

std::string fish() {
  std::string text = "# Completion of unio for fish: unio completion fish | source\n";
  for (const Command& command : commands()) {
    text += fmt::format("complete -c unio -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        in_quotes(command.summary));
    for (const OptionHelp& option : options_of(command)) {
      if (option.positional || !long_name(option).starts_with("--")) continue;
      text += fmt::format("complete -c unio -n '__fish_seen_subcommand_from {}' -l {} -d {}\n", command.name,
                          long_name(option).substr(2), in_quotes(option.help));
    }
  }
  return text;
}

CommandRun setup(Arguments& arguments) {
  auto shell = std::make_shared<std::string>();
  arguments.positional("SHELL", *shell, "bash, zsh or fish");
  return [shell](Session& session) {
    if (*shell == "bash") {
      session.result(bash());
    } else if (*shell == "zsh") {
      session.result(zsh());
    } else if (*shell == "fish") {
      session.result(fish());
    } else {
      throw Error(ErrorCode::invalid_argument, fmt::format("there is no completion for '{}'", *shell),
                  "the shells are bash, zsh and fish");
    }
    return 0;
  };
}

}  // namespace

Command completion_command() {
  return {.name = "completion",
          .group = Command::Group::manage,
          .summary = "Print the completion script for a shell",
          .details = "",
          .examples = "source <(unio completion bash)",
          .setup = setup};
}

}  // namespace unio
