#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/files.hpp"

namespace unio {

/// The names in one folder, sorted by bytes, and what the system says of those that are no folders, in parts.
/// Not thread-safe, except that different parts may be looked at in different threads.
class FolderListing {
 public:
  static constexpr std::size_t part_size = 1024;

  struct Name {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint8_t type;  ///< d_type of the kernel: DT_DIR, DT_UNKNOWN, …
  };
  struct Status {
    FileStamp stamp;
    ::mode_t mode = 0;
    int error = 0;  ///< errno
  };

  /// Reads the names of an open directory; returns 0, or the errno that ended it.
  int read(const File& directory);

  std::size_t size() const { return names_.size(); }
  std::size_t parts() const { return (size() + part_size - 1) / part_size; }
  bool is_folder(std::size_t i) const;
  std::string_view name(std::size_t i) const { return {text_.data() + names_[i].offset, names_[i].size}; }
  /// The name ends in NUL where it stands.
  const char* c_name(std::size_t i) const { return text_.data() + names_[i].offset; }

  /// Asks the system about every name of the part that is not known to be a folder.
  void look_at_part(const File& directory, std::size_t part);
  const Status& status(std::size_t i) const { return statuses_[i / part_size][i % part_size]; }
  void forget_part(std::size_t part);

 private:
  void add(const char* name, std::uint8_t type);

  std::vector<char> text_;
  std::vector<Name> names_;
  std::vector<std::vector<Status>> statuses_;
};

}  // namespace unio
