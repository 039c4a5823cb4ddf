#include "storage/local_lister.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "storage/listing.hpp"
#include "storage/local_object.hpp"

namespace unio {
namespace {

/// Walks under way at once, and how long one waits for its next page: a walk holds the names of its folders.
constexpr std::size_t max_kept = 4;
constexpr std::chrono::seconds kept_for{30};

bool is_same_listing(const ListOptions& a, const ListOptions& b) {
  return a.start == b.start && a.prefix == b.prefix && a.delimiter == b.delimiter;
}

}  // namespace

std::unique_ptr<LocalLister::Cursor> LocalLister::take(const ListOptions& options) {
  const Time now = clock_.now();
  {
    auto kept = kept_.lock();
    std::erase_if(*kept, [&](const auto& cursor) { return now - cursor->kept_at > kept_for; });
    const auto found = std::find_if(kept->begin(), kept->end(), [&](const auto& cursor) {
      return is_same_listing(cursor->next_page, options);
    });
    if (!options.start.empty() && found != kept->end()) {
      std::unique_ptr<Cursor> cursor = std::move(*found);
      kept->erase(found);
      return cursor;
    }
  }
  const Subfolders subfolders = options.delimiter == "/" ? Subfolders::roll_up : Subfolders::enter;
  return std::make_unique<Cursor>(
      Cursor{LocalWalker(root_, options.prefix, options.start, subfolders), std::nullopt, {}, {}});
}

void LocalLister::keep(std::unique_ptr<Cursor> cursor) {
  cursor->kept_at = clock_.now();
  auto kept = kept_.lock();
  if (kept->size() == max_kept) kept->erase(kept->begin());
  kept->push_back(std::move(cursor));
}

std::optional<std::string> LocalLister::next_entry(Cursor& cursor, const ListOptions& options) const {
  for (;;) {
    std::optional<std::string> entry = std::exchange(cursor.pending, std::nullopt);
    if (!entry) entry = cursor.walker.next();
    if (!entry) return entry;
    // With "/" the walker rolls up by itself; any other delimiter is found in the keys.
    if (options.delimiter != "/") {
      if (auto folder = rolled_up_folder(*entry, options)) {
        cursor.walker.skip(*folder);
        entry = std::move(folder);
      }
    }
    if (!is_before_page(*entry, options)) return entry;
  }
}

/// False when the object is gone meanwhile.
bool LocalLister::add(ListPage& page, const std::string& entry, const ListOptions& options) const {
  if (!options.delimiter.empty() && rolled_up_folder(entry, options)) {
    page.folders.push_back(entry);
    return true;
  }
  struct ::stat status {};
  if (::fstatat(root_.find_descriptor(), entry.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw root_.failed(errno, "list", entry);
  }
  if (!S_ISREG(status.st_mode)) return false;
  page.objects.push_back(info_from(entry, status, {}));
  return true;
}

ListPage LocalLister::list(const ListOptions& options) {
  check_list_options(options);
  ListPage page;
  std::unique_ptr<Cursor> cursor = take(options);
  std::string last;
  std::size_t count = 0;
  while (auto entry = next_entry(*cursor, options)) {
    if (count == options.limit) {
      page.next = last;
      cursor->pending = std::move(entry);
      cursor->next_page = options;
      cursor->next_page.start = last;
      keep(std::move(cursor));
      break;
    }
    if (!add(page, *entry, options)) continue;
    ++count;
    last = std::move(*entry);
  }
  return page;
}

}  // namespace unio
