#include "base/folder_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace unio {
namespace {

constexpr std::size_t kernel_buffer = std::size_t{64} << 10;

/// The record of getdents64(2).
struct KernelEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[1];  // NOLINT: the name follows
};

FolderListing::Status look_at(const File& directory, const char* name) {
  struct ::stat status {};
  if (::fstatat(directory.descriptor(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return {.error = errno};
  return {.stamp = stamp_of(status), .mode = status.st_mode};
}

}  // namespace

int FolderListing::read(const File& directory) {
  alignas(KernelEntry) std::array<char, kernel_buffer> buffer;
  for (;;) {
    const long count = ::syscall(SYS_getdents64, directory.descriptor(), buffer.data(), buffer.size());
    if (count < 0) return errno;
    if (count == 0) break;
    for (long at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const KernelEntry*>(buffer.data() + at);
      add(entry->name, entry->type);
      at += entry->length;
    }
  }
  const auto text = [&](const Name& entry) {
    return std::string_view(text_.data() + entry.offset, entry.size);
  };
  std::sort(names_.begin(), names_.end(),
            [&](const Name& left, const Name& right) { return text(left) < text(right); });
  statuses_.resize(parts());
  return 0;
}

void FolderListing::add(const char* name, std::uint8_t type) {
  if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return;
  const std::size_t size = std::strlen(name);
  names_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(size), type});
  text_.insert(text_.end(), name, name + size + 1);
}

bool FolderListing::is_folder(std::size_t i) const {
  return names_[i].type == DT_DIR;
}

void FolderListing::look_at_part(const File& directory, std::size_t part) {
  const std::size_t first = part * part_size;
  const std::size_t count = std::min(part_size, size() - first);
  std::vector<Status> statuses(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_folder(first + i)) statuses[i] = look_at(directory, c_name(first + i));
  }
  statuses_[part] = std::move(statuses);
}

void FolderListing::forget_part(std::size_t part) {
  statuses_[part] = {};
}

}  // namespace unio
