#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/environment.hpp"

namespace unio {

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::string output;
  std::string error_output;
  bool cut_off = false;  ///< it was ended because it wrote more than the limit
};

struct ProcessOptions {
  /// A program that writes more bytes is killed.
  std::uint64_t output_limit = std::numeric_limits<std::uint64_t>::max();
  /// The program's variables; absent: those of this process.
  std::optional<Environment> environment = {};
  /// When it says so the program is ended, and `run` throws Error cancelled.
  std::stop_token stop = {};
};

/// Runs other programs (git, for example); constructors take it so that tests can answer instead.
/// Thread-safe.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;

  /// Runs `command` (no shell; found by PATH) in `directory`, without standard input, and waits for it.
  /// Error not_found when the program does not exist.
  virtual ProcessResult run(const std::vector<std::string>& command, const std::filesystem::path& directory,
                            const ProcessOptions& options = {}) = 0;
};

class SystemProcessRunner final : public ProcessRunner {
 public:
  ProcessResult run(const std::vector<std::string>& command, const std::filesystem::path& directory,
                    const ProcessOptions& options = {}) override;
};

}  // namespace unio
