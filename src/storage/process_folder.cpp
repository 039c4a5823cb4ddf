#include "storage/process_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr auto lock_name = "lock";

/// A folder without a lock may be in the making; it is left alone for so long.
constexpr std::chrono::minutes making_takes{10};

void remove_if_abandoned(const std::filesystem::path& folder) {
  std::error_code ignored;
  const int descriptor = ::open((folder / lock_name).c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    const auto age =
        std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(folder, ignored);
    if (!ignored && age > making_takes) std::filesystem::remove_all(folder, ignored);
    return;
  }
  const File lock(descriptor, folder.native());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) std::filesystem::remove_all(folder, ignored);
}

void remove_abandoned(const std::filesystem::path& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (entry.is_directory(ignored)) remove_if_abandoned(entry.path());
  }
}

}  // namespace

ProcessFolder::ProcessFolder(const std::filesystem::path& parent, RandomSource& random) : owner_(::getpid()) {
  constexpr int attempts = 16;
  for (int i = 0; path_.empty(); ++i) {
    if (i == attempts) {
      throw Error(ErrorCode::unavailable,
                  fmt::format("others remove every new folder in '{}'", parent.native()));
    }
    const std::filesystem::path path = parent / random_id(random);
    if (try_make(path)) path_ = path;
  }
  remove_abandoned(parent);
}

/// False when another process, which tidies up, took the folder for abandoned before it was locked.
bool ProcessFolder::try_make(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw error_from_errno(error.value(), fmt::format("make folder '{}'", path.native()));
  const int descriptor = ::open((path / lock_name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    if (errno == ENOENT) return false;
    throw_errno(fmt::format("make folder '{}'", path.native()));
  }
  lock_ = File(descriptor, path.native());
  return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && lock_.status().st_nlink > 0;
}

ProcessFolder::~ProcessFolder() {
  if (owner_ != ::getpid()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace unio
