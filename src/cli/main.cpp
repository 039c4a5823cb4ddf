#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/failpoints.hpp"
#include "cli/command_line.hpp"
#include "cli/interrupt.hpp"
#include "cli/render/terminal.hpp"
#include "cli/session.hpp"

namespace unio {
namespace {

std::string failpoint_listing() {
  std::string text;
  for (const FailpointInfo& info : Failpoints::all()) text += fmt::format("{:<24} {}\n", info.name, info.doc);
  return text;
}

TerminalOptions terminal_options(const GlobalOptions& options, const Config* config) {
  TerminalOptions result{.json = options.json, .quiet = options.quiet};
  if (config != nullptr) {
    result.color = parse_when(config->get("color").value);
    result.progress = parse_when(config->get("progress").value);
  }
  if (options.color) result.color = parse_when(*options.color);
  return result;
}

void apply_flags(Config& config, const GlobalOptions& options) {
  const auto apply = [&](std::string_view key, const std::optional<std::string>& value, std::string flag) {
    if (value) config.override_value(key, *value, std::move(flag));
  };
  apply("registry", options.registry, "--registry");
  apply("color", options.color, "--color");
  apply("s3.endpoint", options.endpoint_url, "--endpoint-url");
  apply("s3.region", options.region, "--region");
  apply("s3.profile", options.profile, "--profile");
  if (options.no_sign_request) apply("s3.anonymous", "yes", "--no-sign-request");
}

int run_command(const ParsedLine& line, const std::vector<std::string>& words,
                const Environment& environment) {
  App app(environment);
  apply_flags(app.config(), line.options);
  const Interrupt interrupt;
  Terminal terminal(terminal_options(line.options, &app.config()), environment);
  Session session(app, terminal, app.context(terminal.progress(), interrupt.token()), words);
  return line.run(session);
}

int report(const Error& error, const GlobalOptions& options, const Environment& environment) {
  Terminal terminal(terminal_options(options, nullptr), environment);
  terminal.print_error(info(error.code()).name, error.what(), error.hint());
  return info(error.code()).exit_code;
}

/// Where the program lies on this machine is of no use to others.
std::vector<std::string> command_line(std::string_view program, const std::vector<std::string>& words) {
  std::vector<std::string> line{std::filesystem::path(program).filename().native()};
  line.insert(line.end(), words.begin(), words.end());
  return line;
}

int run(std::string_view program, const std::vector<std::string>& words) {
  const Environment environment = Environment::of_process();
  ParsedLine line;
  // An error in the command line itself is reported as asked for, too.
  line.options.json = std::find(words.begin(), words.end(), "--json") != words.end();
  try {
    if (words.size() == 1 && words[0] == "--version") {
      fmt::print("unio {}\n", UNIO_VERSION);
      return 0;
    }
    if (words.size() == 1 && words[0] == "--list-failpoints") {
      fmt::print("{}", failpoint_listing());
      return 0;
    }
    line = parse_command_line(words);
    if (line.command == nullptr) {
      fmt::print("{}", line.text);
      return 0;
    }
    return run_command(line, command_line(program, words), environment);
  } catch (const Error& error) {
    return report(error, line.options, environment);
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorCode::no_space, "out of memory"), line.options, environment);
  } catch (const std::exception& error) {
    return report(Error(ErrorCode::internal, error.what(), "this is a bug in unio; please report it"),
                  line.options, environment);
  }
}

}  // namespace
}  // namespace unio

int main(int argc, char** argv) {
  return unio::run(argc > 0 ? argv[0] : "unio",
                   std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}
