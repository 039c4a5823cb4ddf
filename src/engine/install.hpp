#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/builder_edit.hpp"
#include "engine/context.hpp"
#include "model/package_ref.hpp"

namespace unio {

/// What an install does with files in its way that were changed here or are unknown.
enum class Foreign {
  refuse,   ///< nothing is installed: Error failed_precondition names them
  replace,  ///< they are overwritten (--force)
  keep,     ///< they stay, and everything else is installed
};

struct InstallOptions {
  std::filesystem::path location;
  /// Only these entries and folders; empty: everything.
  std::vector<std::string> paths;
  Foreign foreign = Foreign::refuse;
};

struct InstallResult {
  std::string top_hash;
  std::uint64_t fetched = 0;
  std::uint64_t fetched_bytes = 0;
  std::uint64_t kept = 0;  ///< files that had the right content already
  /// Files of the version before that this one does not have; they stay.
  std::vector<std::string> left_behind;
  /// With Foreign::keep: keys of entries in whose place another file stays.
  std::vector<std::string> foreign;
};

/// Installs a revision into a folder and binds the folder to it. Fetches only what differs, verified while it
/// streams in; a file appears under its name only when it is whole. Over an older version clean tracked files
/// are replaced, dropped ones stay; what becomes of files that were changed here or are unknown `foreign`
/// says, and what is refused is refused before anything is written. An interrupted install is simply run
/// again.
InstallResult install(const ResolvedRef& ref, const InstallOptions& options, const Context& context);

}  // namespace unio
