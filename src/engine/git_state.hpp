#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/context.hpp"

namespace unio {

/// The state of a git checkout: enough to come back to it. As git gives it; nothing is masked but the remote.
struct GitState {
  std::string commit;                 ///< the whole hash of HEAD
  std::optional<std::string> branch;  ///< absent when HEAD is detached
  std::optional<std::string>
      remote;          ///< URL without credentials: the branch's remote, else origin, else the only one
  bool dirty = false;  ///< tracked files differ from the commit
  /// `git diff HEAD --binary` of the whole checkout; absent when it is larger than the limit.
  std::optional<std::string> patch;
  /// Files that are neither tracked nor ignored: paths from the top of the checkout, sorted.
  std::vector<std::string> untracked;
};

/// The state of the checkout that `directory` lies in; absent outside one, before its first commit, and where
/// there is no git. Without a limit for the patch neither that nor untracked files are looked for. Locks
/// nothing and changes nothing in the repository. A few git processes beside each other, so as long as the
/// longest of them.
std::optional<GitState> find_git_state(const std::filesystem::path& directory,
                                       std::optional<std::uint64_t> patch_limit, const Context& context);

/// What `pip install -e` needs to know of the checkout that a package's source lies in.
struct GitSource {
  std::string commit;
  std::filesystem::path top;  ///< the checkout's root
  std::optional<std::string>
      remote;  ///< as configured, with credentials if it has some: origin, else the first
};

/// Absent as for find_git_state.
std::optional<GitSource> find_git_source(const std::filesystem::path& directory, const Context& context);

}  // namespace unio
