#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/threads.hpp"
#include "workspace/builder_state.hpp"
#include "workspace/stat_index.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// What the scan found out about one key or local path.
enum class ScanState {
  unchanged,  ///< tracked, same trusted stamp: same content
  suspect,    ///< tracked, the stamp differs or is not trusted: the content must be compared
  added,      ///< not tracked, in a `folder` or `file` source: will be part of the package
  unknown,    ///< not tracked, beside installed files
  missing,    ///< no local file: tracked, or named by a `file` source
  ignored,    ///< left out by ignore rules; reported only for whole folders and files met, never for their
              ///< contents
  symlink,    ///< symbolic links are not packaged
  special,    ///< sockets, devices, pipes
  empty_folder,
  unreadable,  ///< a folder or file that cannot be read, or whose name is no logical key; `message` says why.
               ///< Nothing is said of tracked files in such a folder
};

struct ScanItem {
  ScanState state = ScanState::unchanged;
  std::string_view key;            ///< logical key it has or would have
  std::string_view path;           ///< local path, absolute; empty for a missing file of a folder
  FileStamp stamp;                 ///< of the local file, where there is one
  Digest digest;                   ///< of the tracked entry, where there is one
  std::uint64_t tracked_size = 0;  ///< of the tracked entry, where there is one
  std::size_t source = 0;          ///< index in BuilderState::sources
  std::string_view message;
};

struct ScanOptions {
  /// Folder names that are never packaged, from the configuration.
  std::vector<std::string> ignored_folders;
  /// Threads that read folders.
  unsigned threads = default_threads();
  std::stop_token stop;
};

/// Walks all sources of the workspace and merges them with the stat index, calling `visit` in tree order of
/// keys (source by source where sources do not share a key space). Reads no file content and no manifest:
/// with nothing changed it costs little more than a bare walk. Memory does not grow with the number of files
/// beyond the index itself.
///
/// What the rules ignore and is tracked stays part of the package; untracked files beside it are ignored. The
/// workspace's own state folder is not even reported; other folders named `.unio` are ignored. A source
/// folder that is not there has only missing files. Errors that `visit` throws pass through.
///
/// Where several sources give one key, the last that overrides wins; two that do not are a collision: Error
/// already_exists that names both local paths.
void scan_sources(const Workspace& workspace, const StatIndex& index, const ScanOptions& options,
                  const std::function<void(const ScanItem&)>& visit);

}  // namespace unio
