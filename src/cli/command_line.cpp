#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace unio {
namespace {

/// Declares a command's arguments to the parser.
class ParserArguments final : public Arguments {
 public:
  explicit ParserArguments(CLI::App& app) : app_(app) {}

  void positional(std::string name, std::string& target, std::string help) override {
    app_.add_option(std::move(name), target, std::move(help))->required();
  }
  void positional(std::string name, std::optional<std::string>& target, std::string help) override {
    app_.add_option(std::move(name), target, std::move(help));
  }
  void positional(std::string name, std::vector<std::string>& target, std::string help) override {
    app_.add_option(std::move(name), target, std::move(help))->required();
  }
  void optional_positional(std::string name, std::vector<std::string>& target, std::string help) override {
    app_.add_option(std::move(name), target, std::move(help));
  }
  void option(std::string names, std::string, std::optional<std::string>& target, std::string help) override {
    app_.add_option(std::move(names), target, std::move(help));
  }
  void option(std::string names, std::string, std::vector<std::string>& target, std::string help) override {
    app_.add_option(std::move(names), target, std::move(help))->expected(1)->take_all();
  }
  void flag(std::string names, bool& target, std::string help) override {
    app_.add_flag(std::move(names), target, std::move(help));
  }

 private:
  CLI::App& app_;
};

/// Collects a command's arguments for its help.
class HelpArguments final : public Arguments {
 public:
  void positional(std::string name, std::string&, std::string help) override {
    add({std::move(name), {}, std::move(help), true, true});
  }
  void positional(std::string name, std::optional<std::string>&, std::string help) override {
    add({std::move(name), {}, std::move(help), true, false});
  }
  void positional(std::string name, std::vector<std::string>&, std::string help) override {
    add({std::move(name) + "...", {}, std::move(help), true, true});
  }
  void optional_positional(std::string name, std::vector<std::string>&, std::string help) override {
    add({std::move(name) + "...", {}, std::move(help), true, false});
  }
  void option(std::string names, std::string value, std::optional<std::string>&, std::string help) override {
    add({std::move(names), std::move(value), std::move(help)});
  }
  void option(std::string names, std::string value, std::vector<std::string>&, std::string help) override {
    add({std::move(names), std::move(value), std::move(help)});
  }
  void flag(std::string names, bool&, std::string help) override {
    add({std::move(names), {}, std::move(help)});
  }

  std::vector<OptionHelp> take() { return std::move(options_); }

 private:
  void add(OptionHelp option) { options_.push_back(std::move(option)); }
  std::vector<OptionHelp> options_;
};

void declare_global_options(Arguments& arguments, GlobalOptions& options) {
  arguments.option("--registry", "URL", options.registry, "registry of packages named without a remote");
  arguments.option("--endpoint-url", "URL", options.endpoint_url, "S3 service, where it is not AWS");
  arguments.option("--region", "NAME", options.region, "region of the buckets");
  arguments.option("--profile", "NAME", options.profile, "profile of ~/.aws whose credentials are used");
  arguments.flag("--no-sign-request", options.no_sign_request, "read public buckets without credentials");
  arguments.option("--color", "WHEN", options.color, "auto, always or never");
  arguments.flag("--json", options.json, "print one JSON value instead of lines");
  arguments.flag("-q,--quiet", options.quiet, "print only what was asked for, warnings and errors");
}

const Command* find_command(std::string_view name) {
  const auto all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

[[noreturn]] void throw_unknown_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  const auto near = nearest(name, names);
  throw Error(ErrorCode::invalid_argument, fmt::format("there is no command '{}'", name),
              near ? fmt::format("did you mean `unio {}`?", *near) : "unio shows the commands");
}

std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names;
  auto options = options_of(command);
  const auto global = global_options();
  options.insert(options.end(), global.begin(), global.end());
  for (const OptionHelp& option : options) {
    if (!option.positional) names.push_back(option.names.substr(option.names.rfind(',') + 1));
  }
  return names;
}

/// The parser's message in our words; `unexpected` is what it could not place.
std::string usage_message(const Command& command, const CLI::ParseError& error,
                          const std::vector<std::string>& unexpected) {
  if (!unexpected.empty()) {
    const std::string& word = unexpected.front();
    return word.starts_with('-') ? fmt::format("unio {} has no option '{}'", command.name, word)
                                 : fmt::format("'{}' is one argument too many", word);
  }
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  const auto is_upper = [&](std::size_t at) {
    return at < message.size() && message[at] >= 'A' && message[at] <= 'Z';
  };
  // A sentence begins in lower case, but the name of an argument stays as it is.
  if (is_upper(0) && !is_upper(1)) message[0] = static_cast<char>(message[0] - 'A' + 'a');
  return message;
}

/// The parser's message as an Error, with the nearest option for one that is unknown.
Error usage_error(const Command& command, const CLI::ParseError& error, const std::vector<std::string>& words,
                  const std::vector<std::string>& unexpected) {
  std::string hint = fmt::format("unio {} --help shows how it is used", command.name);
  for (const std::string& word : words) {
    if (!word.starts_with("--")) continue;
    const std::string name = word.substr(0, word.find('='));
    const std::vector<std::string> known = option_names(command);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (const auto near = nearest(name, known)) hint = fmt::format("did you mean '{}'?", *near);
  }
  return Error(ErrorCode::invalid_argument, usage_message(command, error, unexpected), hint);
}

std::string group_title(Command::Group group) {
  switch (group) {
    case Command::Group::start:
      return "Start a package";
    case Command::Group::change:
      return "Change a builder";
    case Command::Group::publish:
      return "Publish";
    case Command::Group::folder:
      return "Install and check folders";
    case Command::Group::read:
      return "Read packages";
    case Command::Group::artifact:
      return "Save and get artifacts";
    case Command::Group::manage:
      return "Manage names and settings";
  }
  return {};
}

std::string usage_line(const Command& command, const std::vector<OptionHelp>& options) {
  std::string line = fmt::format("unio {}", command.name);
  for (const OptionHelp& option : options) {
    if (option.positional) line += option.required ? " " + option.names : " [" + option.names + "]";
  }
  const bool has_options =
      std::any_of(options.begin(), options.end(), [](const auto& o) { return !o.positional; });
  return has_options ? line + " [options]" : line;
}

std::string option_lines(const std::vector<OptionHelp>& options) {
  std::string text;
  for (const OptionHelp& option : options) {
    std::string left = option.names;
    if (const auto comma = left.find(','); comma != std::string::npos) left.replace(comma, 1, ", ");
    if (!option.value.empty()) left += " " + option.value;
    text += fmt::format("  {:<26} {}\n", left, option.help);
  }
  return text;
}

std::string indented(std::string_view lines) {
  std::string text;
  for (std::size_t start = 0; start < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', start), lines.size());
    text += fmt::format("  {}\n", lines.substr(start, end - start));
    start = end + 1;
  }
  return text;
}

}  // namespace

std::vector<OptionHelp> options_of(const Command& command) {
  HelpArguments arguments;
  command.setup(arguments);
  return arguments.take();
}

std::vector<OptionHelp> global_options() {
  HelpArguments arguments;
  GlobalOptions options;
  declare_global_options(arguments, options);
  return arguments.take();
}

std::string_view exit_codes() {
  return "0 done, or yes; 1 the answer is no; 2 wrong usage; 3 not found; 4 exists already; 5 conflict;\n"
         "6 not logged in; 7 not permitted; 8 unavailable; 9 damaged data; 10 unsupported;\n"
         "11 something must be done first; 12 no space; 70 a bug; 130 interrupted\n";
}

std::string help_of(const Command& command) {
  const std::vector<OptionHelp> options = options_of(command);
  std::vector<OptionHelp> positionals;
  std::vector<OptionHelp> named;
  for (const OptionHelp& option : options) (option.positional ? positionals : named).push_back(option);
  std::string text = fmt::format("{}\n\nusage: {}\n", command.summary, usage_line(command, options));
  if (!command.details.empty()) text += fmt::format("\n{}\n", command.details);
  if (!positionals.empty()) text += "\narguments:\n" + option_lines(positionals);
  if (!named.empty()) text += "\noptions:\n" + option_lines(named);
  text += "\noptions of every command:\n" + option_lines(global_options());
  text += "\nexamples:\n" + indented(command.examples);
  return text + "\nexit codes:\n" + indented(exit_codes());
}

std::string overview() {
  std::string text = "unio: version control and a catalogue for data\n\n";
  std::string_view separator;
  for (const auto group :
       {Command::Group::start, Command::Group::change, Command::Group::publish, Command::Group::folder,
        Command::Group::read, Command::Group::artifact, Command::Group::manage}) {
    text += fmt::format("{}{}\n", separator, group_title(group));
    for (const Command& command : commands()) {
      if (command.group == group) text += fmt::format("  {:<15} {}\n", command.name, command.summary);
    }
    separator = "\n";
  }
  return text + "\nunio COMMAND --help explains a command; the tutorial is in docs/tutorial.md\n";
}

/// Whether the next word belongs to this option, of those that may stand before the command.
bool takes_value(const std::string& word) {
  const auto options = global_options();
  return std::any_of(options.begin(), options.end(),
                     [&](const OptionHelp& option) { return !option.value.empty() && option.names == word; });
}

ParsedLine parse_command_line(const std::vector<std::string>& all_words) {
  ParsedLine line;
  std::vector<std::string> words = all_words;
  // The command is the first word that is neither an option nor the value of one.
  std::size_t at = 0;
  while (at < words.size() && words[at].starts_with('-')) at += takes_value(words[at]) ? 2U : 1U;
  const bool has_command = at < words.size() && words[at] != "help";
  const bool wants_help = std::find_if(words.begin(), words.end(), [](const std::string& w) {
                            return w == "--help" || w == "-h";
                          }) != words.end();
  if (at < words.size() && words[at] == "help" && at + 1 < words.size()) {
    const Command* command = find_command(words[at + 1]);
    if (command == nullptr) throw_unknown_command(words[at + 1]);
    line.text = help_of(*command);
    return line;
  }
  if (!has_command) {
    const auto unknown = std::find_if(words.begin(), words.end(), [](const std::string& w) {
      return w != "help" && w != "--help" && w != "-h";
    });
    if (unknown != words.end()) {
      throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no option of unio alone", *unknown),
                  "unio shows the commands");
    }
    line.text = overview();
    return line;
  }
  line.command = find_command(words[at]);
  if (line.command == nullptr) throw_unknown_command(words[at]);
  if (wants_help) {
    line.text = help_of(*line.command);
    line.command = nullptr;
    return line;
  }
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
  CLI::App app;
  app.set_help_flag();
  app.allow_windows_style_options(false);
  ParserArguments arguments(app);
  declare_global_options(arguments, line.options);
  line.run = line.command->setup(arguments);
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    throw usage_error(*line.command, error, words, app.remaining());
  }
  return line;
}

}  // namespace unio
