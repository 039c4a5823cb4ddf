#pragma once

#include <filesystem>
#include <string_view>

#include "base/files.hpp"

namespace unio {

/// Holds an flock on a file until destroyed; waits for whoever holds it. The kernel releases it when the
/// process dies, so that nothing ever needs repair. The file is made when it is not there and never removed.
class LocalLock {
 public:
  explicit LocalLock(const std::filesystem::path& path);
  ~LocalLock();
  LocalLock(const LocalLock&) = delete;
  LocalLock& operator=(const LocalLock&) = delete;

 private:
  File file_;
};

/// Which of the 256 lock files of a store guards `key`: the same in every program, now and later.
unsigned lock_shard(std::string_view key);

}  // namespace unio
