#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/threads.hpp"
#include "storage/local_root.hpp"
#include "storage/local_walker.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Pages through the keys below a LocalRoot. The walk behind a page is kept for a while, so that the next page
/// goes on where it stands instead of reading the folder again; without it, only the folders that lead to the
/// page are read. Borrows its arguments. Thread-safe.
class LocalLister {
 public:
  LocalLister(const LocalRoot& root, const Clock& clock) : root_(root), clock_(clock) {}

  ListPage list(const ListOptions& options);

 private:
  /// A walk and the entry that it gave last, which did not fit on the page.
  struct Cursor {
    LocalWalker walker;
    std::optional<std::string> pending;
    ListOptions next_page;
    Time kept_at{};
  };

  std::unique_ptr<Cursor> take(const ListOptions& options);
  void keep(std::unique_ptr<Cursor> cursor);
  std::optional<std::string> next_entry(Cursor& cursor, const ListOptions& options) const;
  bool add(ListPage& page, const std::string& entry, const ListOptions& options) const;

  const LocalRoot& root_;
  const Clock& clock_;
  Synchronized<std::vector<std::unique_ptr<Cursor>>> kept_;
};

}  // namespace unio
