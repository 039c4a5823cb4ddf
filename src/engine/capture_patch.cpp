#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "engine/capture.hpp"
#include "model/secrets.hpp"
#include "workspace/ignore_rules.hpp"

namespace unio {
namespace {

constexpr std::string_view file_mark = "diff --git ";
/// `git apply` takes it for a change of no file, refuses the whole patch, and prints the line.
constexpr std::string_view refusal = "@@ -0,0 +0,0 @@ cannot be applied: ";

/// The path of the file that a section of a patch changes, from its first line: `diff --git a/x b/x`.
std::string_view path_of(std::string_view section) {
  const std::string_view line = section.substr(0, section.find('\n'));
  const auto begin = line.rfind(" b/");
  if (begin != std::string_view::npos) return line.substr(begin + 3);
  // Quoted, for its special characters.
  const auto quoted = line.rfind("\"b/");
  return quoted == std::string_view::npos ? std::string_view()
                                          : line.substr(quoted + 3, line.size() - quoted - 4);
}

/// Program text, or text with program text in it.
TextKind kind_of(std::string_view path) {
  constexpr std::array<std::string_view, 31> code{
      ".py",  ".pyi",   ".pyx", ".ipynb", ".c",   ".h",   ".cc", ".cpp",  ".hpp", ".cxx",   ".cu",
      ".js",  ".mjs",   ".ts",  ".jsx",   ".tsx", ".go",  ".rs", ".java", ".kt",  ".scala", ".rb",
      ".php", ".swift", ".cs",  ".r",     ".jl",  ".lua", ".md", ".rst",  ".tex"};
  const std::string ending = to_lower(std::filesystem::path(path).extension().native());
  return std::find(code.begin(), code.end(), ending) != code.end() ? TextKind::code : TextKind::settings;
}

/// Sections of binary data have nothing that could be read, and must stay as they are.
MaskedText mask_section(std::string_view section) {
  const std::string_view path = path_of(section);
  if (looks_like_secret(path)) {
    return {fmt::format("# the changes of '{}' are left out: it looks like a secret by its name\n", path), 1};
  }
  const auto binary = std::min(section.find("\nGIT binary patch\n"), section.size());
  MaskedText masked = mask_secrets(section.substr(0, binary), kind_of(path));
  masked.text += section.substr(binary);
  return masked;
}

std::string warning(std::size_t count) {
  const std::string places =
      count == 1 ? "1 secret was masked" : fmt::format("{} secrets were masked", count);
  return fmt::format("# This patch cannot be applied: {} in it (docs/capture.md).\n{}{}\n", places, refusal,
                     places);
}

}  // namespace

MaskedText mask_patch(std::string_view patch) {
  MaskedText result;
  while (!patch.empty()) {
    const auto next = patch.find("\ndiff --git ");
    const std::size_t size = next == std::string_view::npos ? patch.size() : next + 1;
    const MaskedText section = mask_section(patch.substr(0, size));
    result.text += section.text;
    result.count += section.count;
    patch.remove_prefix(size);
  }
  if (result.count > 0) result.text.insert(0, warning(result.count));
  return result;
}

bool is_masked_patch(std::string_view patch) {
  const auto line = patch.find('\n');
  return line != std::string_view::npos && patch.substr(line + 1).starts_with(refusal);
}

}  // namespace unio
