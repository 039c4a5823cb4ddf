#include "storage/process_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

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
    const auto age = std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(folder, ignored);
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

ProcessFolder::ProcessFolder(const std::filesystem::path& parent, RandomSource& random)
    : path_(parent / random_id(random)) {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) throw error_from_errno(error.value(), fmt::format("make folder '{}'", path_.native()));
  lock_ = File::create_new(path_ / lock_name);
  if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) != 0) throw_errno(fmt::format("lock '{}'", path_.native()));
  remove_abandoned(parent);
}

ProcessFolder::~ProcessFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace unio
