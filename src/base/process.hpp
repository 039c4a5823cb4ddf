#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace unio {

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  std::string output;
  std::string error_output;
  bool cut_off = false;  ///< it was ended because it wrote more than the limit
};

/// Runs other programs (git, for example); constructors take it so that tests can answer instead.
/// Thread-safe.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;

  /// Runs `command` (no shell; found by PATH) in `directory`, without standard input, and waits for it.
  /// A program that writes more than `output_limit` bytes is killed. Error not_found when the program does
  /// not exist.
  virtual ProcessResult run(const std::vector<std::string>& command, const std::filesystem::path& directory,
                            std::uint64_t output_limit = std::numeric_limits<std::uint64_t>::max()) = 0;
};

class SystemProcessRunner final : public ProcessRunner {
 public:
  ProcessResult run(const std::vector<std::string>& command, const std::filesystem::path& directory,
                    std::uint64_t output_limit = std::numeric_limits<std::uint64_t>::max()) override;
};

}  // namespace unio
