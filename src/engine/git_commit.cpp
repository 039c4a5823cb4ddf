#include "engine/git_commit.hpp"

#include "base/error.hpp"

namespace unio {

std::optional<std::string> find_git_commit(const std::filesystem::path& directory, const Context& context) {
  try {
    const ProcessResult result = context.processes.run(
        {"git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"}, directory);
    if (result.exit_code != 0) return std::nullopt;
    const auto end = result.output.find_last_not_of('\n');
    return end == std::string::npos ? std::nullopt : std::optional(result.output.substr(0, end + 1));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return std::nullopt;
    throw;
  }
}

}  // namespace unio
