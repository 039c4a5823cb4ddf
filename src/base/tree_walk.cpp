#include "base/tree_walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"

namespace unio {
namespace {

constexpr std::size_t listing_buffer = std::size_t{64} << 10;
constexpr std::uint64_t stop_checked_every = 256;

/// The record of getdents64(2).
struct KernelEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[1];  // NOLINT: the name follows
};

/// The names of one folder, in one buffer, sorted.
class Listing {
 public:
  struct Name {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint8_t type;
  };

  /// Returns 0, or the errno that ended it.
  int read(int directory) {
    alignas(KernelEntry) std::array<char, listing_buffer> buffer;
    for (;;) {
      const long count = ::syscall(SYS_getdents64, directory, buffer.data(), buffer.size());
      if (count < 0) return errno;
      if (count == 0) break;
      for (long at = 0; at < count;) {
        const auto* entry = reinterpret_cast<const KernelEntry*>(buffer.data() + at);
        add(entry->name, entry->type);
        at += entry->length;
      }
    }
    std::sort(names_.begin(), names_.end(), [&](const Name& left, const Name& right) { return text(left) < text(right); });
    return 0;
  }

  const std::vector<Name>& names() const { return names_; }
  std::string_view text(const Name& name) const { return {text_.data() + name.offset, name.size}; }
  /// The name ends in NUL where it stands.
  const char* c_str(const Name& name) const { return text_.data() + name.offset; }

 private:
  void add(const char* name, std::uint8_t type) {
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return;
    const std::size_t size = std::strlen(name);
    names_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(size), type});
    text_.insert(text_.end(), name, name + size + 1);
  }

  std::vector<char> text_;
  std::vector<Name> names_;
};

class Walk {
 public:
  Walk(const WalkOptions& options, const std::function<void(const WalkItem&)>& visit)
      : options_(options), visit_(visit) {}

  void folder(const File& directory) {
    Listing listing;
    if (const int error = listing.read(directory.descriptor()); error != 0) return report_error(error);
    const std::uint64_t before = reported_;
    const std::size_t base = path_.size();
    for (const Listing::Name& name : listing.names()) {
      if (++met_ % stop_checked_every == 0) throw_if_stopped(options_.stop);
      path_.resize(base);
      if (base > 0) path_ += '/';
      path_ += listing.text(name);
      entry(directory, listing, name);
    }
    path_.resize(base);
    if (reported_ == before && base > 0) report({.kind = WalkItem::Kind::empty_folder, .path = path_});
  }

 private:
  void entry(const File& directory, const Listing& listing, const Listing::Name& name) {
    struct ::stat status {};
    if (name.type == DT_DIR) return enter(directory, listing.c_str(name));
    if (::fstatat(directory.descriptor(), listing.c_str(name), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      // A file that went away since the listing was never there.
      if (errno != ENOENT) report_error(errno);
      return;
    }
    if (S_ISDIR(status.st_mode)) return enter(directory, listing.c_str(name));
    if (!passes(WalkOptions::Type::file)) return skip();
    if (S_ISREG(status.st_mode)) {
      report({.kind = WalkItem::Kind::file, .path = path_, .stamp = stamp_of(status)});
    } else {
      report({.kind = S_ISLNK(status.st_mode) ? WalkItem::Kind::symlink : WalkItem::Kind::special, .path = path_});
    }
  }

  void enter(const File& directory, const char* name) {
    if (!passes(WalkOptions::Type::folder)) return skip();
    const int descriptor = ::openat(directory.descriptor(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
      if (errno != ENOENT) report_error(errno);
      return;
    }
    folder(File(descriptor, {}));
  }

  bool passes(WalkOptions::Type type) const { return !options_.filter || options_.filter(path_, type); }

  void skip() { visit_({.kind = WalkItem::Kind::skipped, .path = path_}); }

  void report_error(int error) { report({.kind = WalkItem::Kind::unreadable, .path = path_, .error = error}); }

  void report(const WalkItem& item) {
    ++reported_;
    visit_(item);
  }

  const WalkOptions& options_;
  const std::function<void(const WalkItem&)>& visit_;
  std::string path_;
  std::uint64_t reported_ = 0;
  std::uint64_t met_ = 0;
};

}  // namespace

void walk_tree(const std::filesystem::path& root, const WalkOptions& options,
               const std::function<void(const WalkItem&)>& visit) {
  Walk(options, visit).folder(File::open_directory(root));
}

}  // namespace unio
