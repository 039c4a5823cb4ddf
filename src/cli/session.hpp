#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.hpp"
#include "base/json.hpp"
#include "cli/render/terminal.hpp"
#include "engine/context.hpp"

namespace unio {

/// One run of a command: the wired application, the output, and what the global options say.
///
/// Results go to standard output, everything else to standard error. With --json a command prints one JSON
/// value and no lines.
class Session {
 public:
  Session(App& app, Terminal& terminal, Context context, std::vector<std::string> command_line)
      : app_(app), terminal_(terminal), context_(context), command_line_(std::move(command_line)) {}

  App& app() { return app_; }
  const Context& context() const { return context_; }
  /// The words that this run was started with; the first is the program's name.
  const std::vector<std::string>& command_line() const { return command_line_; }
  Terminal& terminal() { return terminal_; }

  /// A line of the result; nothing with --json or --quiet.
  void line(std::string_view text) { terminal_.line(text); }
  /// Text for people who asked for it by name (`cat`, `hash`): also with --quiet.
  void result(std::string_view text) { terminal_.result(text); }
  void warn(std::string_view text) { terminal_.warn(text); }
  bool json() const { return terminal_.json(); }
  void print_json(const Json& value) { terminal_.print_json(value); }

 private:
  App& app_;
  Terminal& terminal_;
  Context context_;
  std::vector<std::string> command_line_;
};

}  // namespace unio
