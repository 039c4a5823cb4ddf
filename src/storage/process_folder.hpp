#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "base/random.hpp"

namespace unio {

/// A folder for temporary files that belongs to this process: "<parent>/<random id>/" with a file "lock"
/// which the process holds locked. The kernel lets go of the lock when the process ends, however it ends; the
/// next process that makes such a folder removes those whose lock nobody holds. Goes with this object.
class ProcessFolder {
 public:
  ProcessFolder(const std::filesystem::path& parent, RandomSource& random);
  ~ProcessFolder();
  ProcessFolder(const ProcessFolder&) = delete;
  ProcessFolder& operator=(const ProcessFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  bool try_make(const std::filesystem::path& path);

  std::filesystem::path path_;
  File lock_;
  /// A forked child must not remove what is its parent's.
  pid_t owner_;
};

}  // namespace unio
