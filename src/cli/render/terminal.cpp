#include "cli/render/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <thread>

#include "base/error.hpp"

namespace unio {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds drawn_from{500};
constexpr std::chrono::milliseconds drawn_every{100};
constexpr std::chrono::seconds plain_line_from{2};
constexpr std::string_view clear_line = "\r\x1b[K";

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE && descriptor == STDOUT_FILENO) {
      // Whoever read the output has seen enough.
      std::_Exit(0);
    } else if (errno != EINTR) {
      if (descriptor == STDERR_FILENO) return;
      throw_errno("write the output");
    }
  }
}

std::size_t terminal_width() {
  ::winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

bool use(When when, bool automatic) {
  return when == When::always || (when == When::automatic && automatic);
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

}  // namespace

When parse_when(std::string_view text) {
  if (text == "always") return When::always;
  return text == "never" ? When::never : When::automatic;
}

/// The present phase, drawn by a thread of its own once it has lasted a while.
class Terminal::Bar final : public Progress {
 public:
  enum class Style { none, plain, drawn };

  Bar(Terminal& terminal, Style style) : terminal_(terminal), style_(style) {
    if (style_ == Style::drawn)
      drawer_ = std::jthread([this](const std::stop_token& stop) { draw_until(stop); });
  }

  void begin(std::string_view phase, std::uint64_t total_items, std::uint64_t total_bytes) override {
    auto state = state_.lock();
    *state = {.phase = std::string(phase),
              .total_items = total_items,
              .total_bytes = total_bytes,
              .started = steady_clock::now(),
              .running = true};
    items_ = 0;
    bytes_ = 0;
  }

  void expect(std::uint64_t total_items, std::uint64_t total_bytes) override {
    auto state = state_.lock();
    state->total_items = total_items;
    state->total_bytes = total_bytes;
  }

  void advance(std::uint64_t items, std::uint64_t bytes) override {
    items_ += items;
    bytes_ += bytes;
  }

  void end() override {
    auto state = state_.lock();
    if (!state->running) return;
    state->running = false;
    clear(*state);
    const auto took = steady_clock::now() - state->started;
    if (style_ == Style::plain && took >= plain_line_from) write_all(STDERR_FILENO, text(*state) + "\n");
  }

  void warn(std::string_view line) override { terminal_.warn(line); }

  /// Takes the bar away while `body` prints.
  template <class Body>
  void without_bar(Body&& body) {
    auto state = state_.lock();
    clear(*state);
    body();
  }

 private:
  struct State {
    std::string phase;
    std::uint64_t total_items = 0;
    std::uint64_t total_bytes = 0;
    steady_clock::time_point started;
    bool running = false;
    bool visible = false;
  };

  static void clear(State& state) {
    if (state.visible) write_all(STDERR_FILENO, clear_line);
    state.visible = false;
  }

  std::string text(const State& state) const {
    const std::uint64_t items = items_;
    const std::uint64_t bytes = bytes_;
    const double seconds = std::chrono::duration<double>(steady_clock::now() - state.started).count();
    std::string text = state.phase;
    if (state.total_items > 0) {
      text += fmt::format("  {} of {}", items, human_count(state.total_items, "file"));
    } else if (items > 0) {
      text += "  " + human_count(items, "file");
    }
    if (bytes > 0) text += fmt::format("  {}  {}/s", human_size(bytes), human_size(rate(bytes, seconds)));
    const double done = fraction(state, items, bytes);
    if (done > 0)
      text += fmt::format("  {:.0f} %  {} left", 100 * done, duration(seconds * (1 - done) / done));
    return text;
  }

  static std::uint64_t rate(std::uint64_t bytes, double seconds) {
    return seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds) : 0;
  }

  /// How much is done, from 0 to 1; 0 while unknown.
  static double fraction(const State& state, std::uint64_t items, std::uint64_t bytes) {
    const auto of = [](std::uint64_t part, std::uint64_t whole) {
      return std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
    };
    if (state.total_bytes > 0) return of(bytes, state.total_bytes);
    return state.total_items > 0 ? of(items, state.total_items) : 0;
  }

  void draw_until(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(wake_mutex_);
        wake_.wait_for(lock, stop, drawn_every, [] { return false; });
      }
      auto state = state_.lock();
      if (!state->running || steady_clock::now() - state->started < drawn_from) continue;
      std::string line = text(*state);
      const std::size_t width = terminal_width();
      while (display_width(line) >= width) line.pop_back();
      write_all(STDERR_FILENO, fmt::format("{}{}", clear_line, line));
      state->visible = true;
    }
    clear(*state_.lock());
  }

  Terminal& terminal_;
  Style style_;
  Synchronized<State> state_;
  std::atomic<std::uint64_t> items_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  std::jthread drawer_;
};

Terminal::Terminal(const TerminalOptions& options, const Environment& environment) : options_(options) {
  const bool dumb = environment.find("TERM").value_or("dumb") == "dumb";
  const bool wanted = !environment.find("NO_COLOR") && !dumb;
  color_out_ = use(options.color, wanted && ::isatty(STDOUT_FILENO) == 1);
  color_err_ = use(options.color, wanted && ::isatty(STDERR_FILENO) == 1);
  const bool drawn = use(options.progress, !dumb && ::isatty(STDERR_FILENO) == 1);
  const bool silent = options.quiet || options.progress == When::never;
  bar_ = std::make_unique<Bar>(*this, silent  ? Bar::Style::none
                                      : drawn ? Bar::Style::drawn
                                              : Bar::Style::plain);
}

Terminal::~Terminal() = default;

Progress& Terminal::progress() {
  return *bar_;
}

bool Terminal::interactive() const {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

void Terminal::line(std::string_view text) {
  if (!options_.json && !options_.quiet) write(fmt::format("{}\n", text));
}

void Terminal::result(std::string_view text) {
  if (!options_.json) write(fmt::format("{}\n", text));
}

void Terminal::write(std::string_view bytes) {
  bar_->without_bar([&] { write_all(STDOUT_FILENO, bytes); });
}

void Terminal::warn(std::string_view text) {
  const std::string label = color_err_ ? "\x1b[33mwarning:\x1b[0m" : "warning:";
  bar_->without_bar([&] { write_all(STDERR_FILENO, fmt::format("{} {}\n", label, text)); });
}

void Terminal::print_error(std::string_view code, std::string_view message, std::string_view hint) {
  bar_->without_bar([&] {
    if (options_.json) {
      Json error = Json::object({{"code", code}, {"message", message}});
      if (!hint.empty()) error.set("hint", hint);
      write_all(STDERR_FILENO, Json::object({{"error", std::move(error)}}).dump() + "\n");
      return;
    }
    const std::string label = color_err_ ? "\x1b[31merror:\x1b[0m" : "error:";
    write_all(STDERR_FILENO, fmt::format("{} {}\n", label, printable(message)));
    if (!hint.empty()) write_all(STDERR_FILENO, fmt::format("hint: {}\n", printable(hint)));
  });
}

void Terminal::print_json(const Json& value) {
  write(value.dump(JsonStyle::pretty) + "\n");
}

std::string Terminal::colored(Color color, std::string_view text) const {
  if (!color_out_) return std::string(text);
  constexpr std::string_view codes[] = {"31", "32", "33", "34", "1", "2"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(color)], text);
}

}  // namespace unio
