#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/context.hpp"
#include "engine/registry.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// One way in which a folder differs from its manifest.
struct Difference {
  enum class Kind { missing, changed, unknown, unreadable };
  Kind kind;
  std::string key;
  std::string path;
  std::string detail;  ///< for example the two sizes, or why it cannot be read
};

struct VerifyResult {
  std::string top_hash;
  std::uint64_t files = 0;
  std::uint64_t bytes_read = 0;
  std::vector<Difference> differences;
  bool matches() const { return differences.empty(); }
};

/// How much to trust: `content` reads and hashes every file; `stat_index` (--fast) only those whose stamps
/// changed.
enum class Thoroughness { content, stat_index };

/// Whether the installed files are exactly the manifest's: nothing missing, nothing altered, nothing more
/// (ignored files apart). The stat index no longer trusts what was found to be altered.
VerifyResult verify(Workspace& workspace, Thoroughness thoroughness, const Context& context);

/// Whether any folder holds exactly the files of a package, whatever it is bound to, if to anything. Every
/// file is read. Error not_found for a folder that is not there.
VerifyResult verify_folder(const OpenedPackage& package, const std::filesystem::path& folder,
                           const Context& context);

}  // namespace unio
