#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.hpp"
#include "storage/local_walker.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Pages through the keys below a folder. The walk behind a page is kept, so that the next page goes on where
/// it stands instead of reading and sorting the folder again; without it, only folders that lead to the page
/// are read. At most two walks are kept, since each holds the names of its folders. The info has no etag.
/// Thread-safe.
class LocalLister {
 public:
  explicit LocalLister(std::filesystem::path root) : root_(std::move(root)) {}

  ListPage list(const ListOptions& options);

 private:
  /// A walk and the entry that it gave last, which did not fit on the page.
  struct Cursor {
    LocalWalker walker;
    std::uint64_t number = 0;  ///< of cursors in the order in which they began
    std::optional<std::string> pending{};
    ListOptions next_page{};
  };

  struct Kept {
    std::vector<std::unique_ptr<Cursor>> cursors;
    std::uint64_t begun = 0;
  };

  std::unique_ptr<Cursor> take(const ListOptions& options);
  void keep(std::unique_ptr<Cursor> cursor);
  static std::optional<std::string> next_entry(Cursor& cursor, const ListOptions& options);
  std::optional<ObjectInfo> find_info(const std::string& key) const;

  std::filesystem::path root_;
  Synchronized<Kept> kept_;
};

}  // namespace unio
