#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "base/json.hpp"
#include "base/progress.hpp"
#include "base/threads.hpp"

namespace unio {

/// When to use what only a terminal understands.
enum class When { automatic, always, never };
When parse_when(std::string_view text);

/// How to print: set once from the options.
struct TerminalOptions {
  bool json = false;
  bool quiet = false;
  When color = When::automatic;
  When progress = When::automatic;
};

enum class Color { red, green, yellow, blue, bold, faint };

/// Standard output and standard error of the command. Lines of progress are taken away before anything else
/// is printed. Thread-safe.
class Terminal {
 public:
  Terminal(const TerminalOptions& options, const Environment& environment);
  ~Terminal();

  void line(std::string_view text);
  void result(std::string_view text);
  void warn(std::string_view text);
  void print_error(std::string_view code, std::string_view message, std::string_view hint);
  void print_json(const Json& value);
  /// Raw bytes to standard output.
  void write(std::string_view bytes);

  bool json() const { return options_.json; }
  /// Whether a person sits at both ends.
  bool interactive() const;

  /// `text` in a colour where standard output shows colours.
  std::string colored(Color color, std::string_view text) const;

  /// Draws what operations tell of their progress.
  Progress& progress();

 private:
  class Bar;

  TerminalOptions options_;
  bool color_out_ = false;
  bool color_err_ = false;
  std::unique_ptr<Bar> bar_;
};

/// "1.5 MB", "12 B".
std::string human_size(std::uint64_t bytes);
/// "37", "10,000".
std::string human_number(std::uint64_t number);
/// "1 file", "1,234 files".
std::string human_count(std::uint64_t count, std::string_view singular);
/// "2026-11-24 12:34:56", UTC.
std::string human_time(std::int64_t unix_seconds);
/// Text from outside with control characters, and characters that turn the direction of writing, made
/// visible.
std::string printable(std::string_view text);
/// Columns that text takes on a terminal.
std::size_t display_width(std::string_view text);
/// `text` filled up with spaces to `width` columns.
std::string padded(std::string_view text, std::size_t width);

}  // namespace unio
