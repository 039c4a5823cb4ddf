#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/context.hpp"
#include "workspace/scan.hpp"
#include "workspace/stat_index.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// What became of one key or local path when the folder was compared with the entries that are tracked.
struct ComparedFile {
  enum class State {
    same,        ///< the local file has the entry's content
    changed,     ///< it has another one
    missing,     ///< there is no local file
    extra,       ///< there is a local file, but no entry; `added` and `unknown` of the scan
    not_a_file,  ///< something that is never packaged; `found` says what
    unreadable,  ///< `detail` says why
  };
  State state = State::same;
  ScanState found = ScanState::unchanged;  ///< what the scan said
  std::string_view key;
  std::string_view path;  ///< absolute; empty for a missing file of a folder
  FileStamp stamp;        ///< of the local file
  Digest digest;          ///< of the entry
  std::uint64_t tracked_size = 0;
  std::size_t source = 0;
  bool read = false;  ///< the local file's content was read
  std::string_view detail;
};

/// Which files need not be read: those whose stamp is the index's, or none.
enum class Trust { stamps, nothing };

/// Compares the workspace's folder with the index, entry by entry, and calls `visit` in tree order, as the
/// scan does. Files are read on several threads, in groups, so that memory does not grow with the tree. A
/// file of another size is changed without being read; one that changes while it is read is changed as well.
void compare_folder(const Workspace& workspace, const StatIndex& index, Trust trust, const Context& context,
                    const std::function<void(const ComparedFile&)>& visit);

}  // namespace unio
