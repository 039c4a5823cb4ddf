#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "base/threads.hpp"

namespace unio {

/// What a walk met.
struct WalkItem {
  enum class Kind {
    file,
    symlink,       ///< not followed
    special,       ///< socket, device, pipe
    empty_folder,  ///< holds nothing, or nothing that the filter lets through
    unreadable,    ///< `error` says why; a folder's content stays unknown
    skipped,       ///< the filter said no
  };
  Kind kind = Kind::file;
  std::string_view path;  ///< relative to the root, segments joined by '/'
  FileStamp stamp;        ///< of a file
  int error = 0;          ///< errno
};

struct WalkOptions {
  enum class Type { file, folder };
  /// Whether to take the file, or go into the folder, at this path. Absent: everything. Called in the order
  /// of the walk.
  std::function<bool(std::string_view path, Type type)> filter;
  std::stop_token stop;
  /// Threads that read folders; those beyond the caller's read ahead of it.
  unsigned threads = default_threads();
};

/// Walks everything below `root` in tree order: the names of a folder sorted by bytes, files and folders
/// together, each folder's content where its name stands. Symlinks are never followed. The filter and `visit`
/// are called in the caller's thread. Memory: the names of the folders on the way down and of a bounded
/// number ahead. A root that cannot be opened is an Error; anything below is reported as unreadable.
void walk_tree(const std::filesystem::path& root, const WalkOptions& options,
               const std::function<void(const WalkItem&)>& visit);

}  // namespace unio
