#pragma once

#include <string_view>

#include "base/files.hpp"
#include "storage/local_root.hpp"

namespace unio {

/// The folder below a LocalRoot that holds the lock files.
inline constexpr std::string_view locks_folder = ".unio/locks";

/// Excludes all others, in any process on this store, from changing what is under a key; waits until it can.
///
/// The lock is an flock on one of 256 files, chosen by the key: the kernel releases it when the process dies, so
/// that nothing ever needs repair. Held until destroyed.
class LocalLock {
 public:
  LocalLock(LocalRoot& root, std::string_view key);
  ~LocalLock();
  LocalLock(const LocalLock&) = delete;
  LocalLock& operator=(const LocalLock&) = delete;

 private:
  File file_;
};

}  // namespace unio
