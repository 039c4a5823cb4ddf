#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

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
  Session(App& app, Terminal& terminal, Context context)
      : app_(app), terminal_(terminal), context_(context) {}

  App& app() { return app_; }
  const Context& context() const { return context_; }
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
};

}  // namespace unio
