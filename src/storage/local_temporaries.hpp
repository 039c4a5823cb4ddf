#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "base/threads.hpp"
#include "storage/local_root.hpp"

namespace unio {

/// The folder below a LocalRoot that holds what is not published yet.
inline constexpr std::string_view temporaries_folder = ".unio/tmp";

/// The temporary files of one process: a folder of its own, whose lock file it keeps locked while it lives, so
/// that what a dead process left can be told from what a living one still needs. Thread-safe.
class TemporaryFolder {
 public:
  TemporaryFolder(File directory, File lock, LocalRoot& root, std::string path);
  /// Removes the folder, unless this is a forked child of its owner.
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  int descriptor() const { return directory_.descriptor(); }
  bool is_mine() const;
  std::string next_name() { return std::to_string(counter_.fetch_add(1, std::memory_order_relaxed)); }
  /// Creates a file; the descriptor is the caller's.
  int create(const std::string& name) const;
  void remove(const std::string& name) const noexcept;

 private:
  File directory_;
  File lock_;
  LocalRoot& root_;
  std::string path_;
  pid_t owner_;
  std::atomic<std::uint64_t> counter_ = 0;
};

/// A file being written that vanishes with this object unless it was published. Not thread-safe.
class LocalTemporary {
 public:
  LocalTemporary(std::shared_ptr<TemporaryFolder> folder, LocalRoot& root, std::string_view label);
  ~LocalTemporary();
  LocalTemporary(const LocalTemporary&) = delete;
  LocalTemporary& operator=(const LocalTemporary&) = delete;

  File& file() { return file_; }

  /// As LocalRoot::publish.
  bool publish(const std::string& key, Existing existing, TouchedFolders& touched);

 private:
  std::shared_ptr<TemporaryFolder> folder_;
  LocalRoot& root_;
  std::string name_;
  File file_;
  bool published_ = false;
};

/// Makes the process's TemporaryFolder on first use and removes what dead processes left. Thread-safe; borrows
/// its arguments.
class LocalTemporaries {
 public:
  LocalTemporaries(LocalRoot& root, const Clock& clock, RandomSource& random)
      : root_(root), clock_(clock), random_(random) {}

  std::shared_ptr<TemporaryFolder> folder();

  /// Removes the temporary files of dead processes: at once where this kernel knows that they are dead, else
  /// (another machine, or before the last start of this one) when they are older than `age`.
  void remove_stale(std::chrono::seconds age);

 private:
  std::shared_ptr<TemporaryFolder> try_make();
  void remove_if_stale(const std::string& name, std::chrono::seconds age);

  LocalRoot& root_;
  const Clock& clock_;
  RandomSource& random_;
  Synchronized<std::shared_ptr<TemporaryFolder>> folder_;
};

}  // namespace unio
