#include "storage/local_lister.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "storage/listing.hpp"

namespace unio {
namespace {

constexpr std::size_t max_kept = 2;

bool is_same_page(const ListOptions& a, const ListOptions& b) {
  return page_start(a) == page_start(b) && a.prefix == b.prefix && a.delimiter == b.delimiter;
}

}  // namespace

std::unique_ptr<LocalLister::Cursor> LocalLister::take(const ListOptions& options) {
  std::uint64_t number = 0;
  {
    auto kept = kept_.lock();
    const auto found = std::find_if(kept->cursors.begin(), kept->cursors.end(), [&](const auto& cursor) {
      return is_same_page(cursor->next_page, options);
    });
    if (found != kept->cursors.end()) {
      std::unique_ptr<Cursor> cursor = std::move(*found);
      kept->cursors.erase(found);
      return cursor;
    }
    number = ++kept->begun;
  }
  const Subfolders subfolders = options.delimiter == "/" ? Subfolders::roll_up : Subfolders::enter;
  return std::make_unique<Cursor>(
      Cursor{LocalWalker(root_, options.prefix, page_start(options), subfolders), number});
}

/// Keeps a cursor in the place of an older one for the same page, so that no listing goes on with names that
/// were read before it began.
void LocalLister::keep(std::unique_ptr<Cursor> cursor) {
  auto kept = kept_.lock();
  const auto same = std::find_if(kept->cursors.begin(), kept->cursors.end(), [&](const auto& other) {
    return is_same_page(other->next_page, cursor->next_page);
  });
  if (same != kept->cursors.end()) {
    if ((*same)->number < cursor->number) *same = std::move(cursor);
    return;
  }
  if (kept->cursors.size() == max_kept) kept->cursors.erase(kept->cursors.begin());
  kept->cursors.push_back(std::move(cursor));
}

std::optional<std::string> LocalLister::next_entry(Cursor& cursor, const ListOptions& options) {
  for (;;) {
    std::optional<std::string> entry = std::exchange(cursor.pending, std::nullopt);
    if (!entry) entry = cursor.walker.next();
    // With "/" the walker rolls up by itself; any other delimiter is found in the keys.
    if (!entry || options.delimiter == "/") return entry;
    auto folder = rolled_up_folder(*entry, options);
    if (!folder) return entry;
    cursor.walker.skip(*folder);
    if (*folder > page_start(options)) return folder;
  }
}

/// Absent when the object is gone since its name was read.
std::optional<ObjectInfo> LocalLister::find_info(const std::string& key) const {
  struct ::stat status {};
  const std::filesystem::path path = root_ / key;
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno(fmt::format("look at '{}'", path.native()));
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  const FileStamp stamp = stamp_of(status);
  return ObjectInfo{.key = key,
                    .size = stamp.size,
                    .etag = {},
                    .modified = Time(std::chrono::microseconds(stamp.mtime_ns / 1000)),
                    .version = std::nullopt};
}

ListPage LocalLister::list(const ListOptions& options) {
  check_list_options(options);
  ListPage page;
  std::unique_ptr<Cursor> cursor = take(options);
  std::string last;
  while (auto entry = next_entry(*cursor, options)) {
    if (page.objects.size() + page.folders.size() == options.limit) {
      page.next = last;
      cursor->pending = std::move(entry);
      cursor->next_page = options;
      cursor->next_page.start = last;
      keep(std::move(cursor));
      break;
    }
    if (rolled_up_folder(*entry, options)) {
      page.folders.push_back(*entry);
    } else if (auto object = find_info(*entry)) {
      page.objects.push_back(*std::move(object));
    } else {
      continue;
    }
    last = *std::move(entry);
  }
  return page;
}

}  // namespace unio
