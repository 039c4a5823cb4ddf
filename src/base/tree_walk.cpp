#include "base/tree_walk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "base/folder_listing.hpp"
#include "base/look_ahead.hpp"
#include "base/progress.hpp"

namespace unio {
namespace {

constexpr std::uint64_t stop_checked_every = 256;
/// How many parts of folders may lie ready before the walk comes to them.
constexpr std::size_t parts_ahead = 64;
/// More threads only wait for one another in the kernel.
constexpr unsigned most_threads = 4;

/// A folder as the walk needs it. Filled by one thread, then read by the walk's.
struct Folder {
  File directory;
  FolderListing listing;
  int open_error = 0;
  int read_error = 0;

  /// Names and the first part of what is known of them; returns how many parts that is in memory.
  std::size_t load() {
    read_error = listing.read(directory);
    if (read_error == 0 && listing.size() > 0) listing.look_at_part(directory, 0);
    return 1 + listing.parts();
  }

  std::size_t open_and_load(const Folder& parent, const char* name) {
    const int descriptor =
        ::openat(parent.directory.descriptor(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
      open_error = errno;
      return 1;
    }
    directory = File(descriptor, {});
    return load();
  }
};

using FolderPointer = std::shared_ptr<Folder>;

/// A folder that the walk will come to, perhaps loaded already.
struct Announced {
  FolderPointer folder;
  LookAhead::Handle task;
};

Announced announce(const FolderPointer& parent, std::size_t name) {
  auto folder = std::make_shared<Folder>();
  auto task = LookAhead::make_task(
      [parent, folder, name] { return folder->open_and_load(*parent, parent->listing.c_name(name)); });
  return {.folder = std::move(folder), .task = std::move(task)};
}

class Walk {
 public:
  Walk(const WalkOptions& options, const std::function<void(const WalkItem&)>& visit)
      : options_(options), visit_(visit), ahead_(std::min(options.threads, most_threads), parts_ahead) {}

  void folder(const FolderPointer& folder) {
    if (folder->read_error != 0) return report_error(folder->read_error);
    const std::uint64_t before = reported_;
    const std::size_t base = path_.size();
    std::vector<LookAhead::Handle> later_parts = announce_later_parts(folder);
    for (std::size_t part = 0; part < folder->listing.parts(); ++part) {
      if (part > 0) ahead_.take(std::exchange(later_parts[part - 1], nullptr));
      one_part(folder, part, base);
      folder->listing.forget_part(part);
    }
    path_.resize(base);
    if (reported_ == before && base > 0) report({.kind = WalkItem::Kind::empty_folder, .path = path_});
  }

 private:
  std::vector<LookAhead::Handle> announce_later_parts(const FolderPointer& folder) {
    std::vector<LookAhead::Handle> tasks;
    for (std::size_t part = 1; part < folder->listing.parts(); ++part) {
      tasks.push_back(LookAhead::make_task([folder, part]() -> std::size_t {
        folder->listing.look_at_part(folder->directory, part);
        return 1;
      }));
    }
    ahead_.add_before_others(tasks);
    return tasks;
  }

  void one_part(const FolderPointer& folder, std::size_t part, std::size_t base) {
    const FolderListing& listing = folder->listing;
    const std::size_t first = part * FolderListing::part_size;
    const std::size_t end = std::min(first + FolderListing::part_size, listing.size());
    std::vector<Announced> folders = announce_folders(folder, first, end);
    auto next_folder = folders.begin();
    for (std::size_t i = first; i < end; ++i) {
      if (++met_ % stop_checked_every == 0) throw_if_stopped(options_.stop);
      path_.resize(base);
      if (base > 0) path_ += '/';
      path_ += listing.name(i);
      if (listing.is_folder(i)) {
        enter(std::exchange(*next_folder++, {}));
      } else {
        entry(folder, i);
      }
    }
  }

  /// Has the folders among the names listed beforehand. The filter, which must be asked in the order of the
  /// walk, may still refuse them: one listing each was then for nothing. Hidden folders are refused so often
  /// that they wait.
  std::vector<Announced> announce_folders(const FolderPointer& folder, std::size_t first, std::size_t end) {
    std::vector<Announced> folders;
    std::vector<LookAhead::Handle> tasks;
    for (std::size_t i = first; i < end; ++i) {
      if (!folder->listing.is_folder(i)) continue;
      folders.push_back(announce(folder, i));
      if (!folder->listing.name(i).starts_with('.')) tasks.push_back(folders.back().task);
    }
    ahead_.add_before_others(tasks);
    return folders;
  }

  void entry(const FolderPointer& parent, std::size_t i) {
    const FolderListing::Status& status = parent->listing.status(i);
    if (status.error != 0) {
      // A file that went away since the listing was never there.
      if (status.error != ENOENT) report_error(status.error);
      return;
    }
    // Some file systems do not tell folders apart in the listing.
    if (S_ISDIR(status.mode)) return enter(announce(parent, i));
    if (!passes(WalkOptions::Type::file)) return skip();
    if (S_ISREG(status.mode)) {
      report({.kind = WalkItem::Kind::file, .path = path_, .stamp = status.stamp});
    } else {
      report(
          {.kind = S_ISLNK(status.mode) ? WalkItem::Kind::symlink : WalkItem::Kind::special, .path = path_});
    }
  }

  void enter(const Announced& announced) {
    if (!passes(WalkOptions::Type::folder)) {
      ahead_.drop(announced.task);
      return skip();
    }
    ahead_.take(announced.task);
    const int error = announced.folder->open_error;
    if (error == 0) return folder(announced.folder);
    if (error != ENOENT) report_error(error);
  }

  bool passes(WalkOptions::Type type) const { return !options_.filter || options_.filter(path_, type); }

  void skip() { visit_({.kind = WalkItem::Kind::skipped, .path = path_}); }

  void report_error(int error) {
    report({.kind = WalkItem::Kind::unreadable, .path = path_, .error = error});
  }

  void report(const WalkItem& item) {
    ++reported_;
    visit_(item);
  }

  const WalkOptions& options_;
  const std::function<void(const WalkItem&)>& visit_;
  LookAhead ahead_;
  std::string path_;
  std::uint64_t reported_ = 0;
  std::uint64_t met_ = 0;
};

}  // namespace

void walk_tree(const std::filesystem::path& root, const WalkOptions& options,
               const std::function<void(const WalkItem&)>& visit) {
  const auto folder = std::make_shared<Folder>();
  folder->directory = File::open_directory(root);
  folder->load();
  Walk(options, visit).folder(folder);
}

}  // namespace unio
