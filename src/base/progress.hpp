#pragma once

#include <cstdint>
#include <stop_token>
#include <string_view>

namespace unio {

/// What a long operation tells about itself. The engine only calls it and never prints; a front end draws
/// a bar, writes lines or JSON, or calls back into Python. All methods may be called from any thread and
/// must be quick.
class Progress {
 public:
  virtual ~Progress() = default;

  /// A new phase, named by what is done ("hashing", "uploading"); totals are 0 while unknown.
  virtual void begin(std::string_view phase, std::uint64_t total_items, std::uint64_t total_bytes) = 0;

  /// The totals of the present phase, for a phase that finds them out on its way.
  virtual void expect(std::uint64_t /*total_items*/, std::uint64_t /*total_bytes*/) {}

  /// So much more of the present phase is done. Whoever reads or writes a file's bytes tells of these as they
  /// flow, and whoever asked for it tells when the item is done.
  virtual void advance(std::uint64_t items, std::uint64_t bytes) = 0;

  /// The present phase is over.
  virtual void end() = 0;

  /// A line the user should read although nothing failed.
  virtual void warn(std::string_view line) = 0;
};

/// Hears nothing.
class NoProgress final : public Progress {
 public:
  void begin(std::string_view, std::uint64_t, std::uint64_t) override {}
  void advance(std::uint64_t, std::uint64_t) override {}
  void end() override {}
  void warn(std::string_view) override {}
};

/// Begins a phase and ends it with the scope.
class ProgressPhase {
 public:
  ProgressPhase(Progress& progress, std::string_view phase, std::uint64_t total_items = 0,
                std::uint64_t total_bytes = 0)
      : progress_(progress) {
    progress_.begin(phase, total_items, total_bytes);
  }
  ~ProgressPhase() { progress_.end(); }
  ProgressPhase(const ProgressPhase&) = delete;
  ProgressPhase& operator=(const ProgressPhase&) = delete;

  void advance(std::uint64_t items, std::uint64_t bytes) { progress_.advance(items, bytes); }

 private:
  Progress& progress_;
};

/// Throws Error cancelled when the user asked to stop. Long loops call it at least every 100 ms of work.
void throw_if_stopped(const std::stop_token& stop);

}  // namespace unio
