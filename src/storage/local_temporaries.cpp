#include "storage/local_temporaries.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace unio {
namespace {

constexpr const char* lock_name = "lock";
constexpr std::chrono::hours stale_age{24};

/// The names in a directory, without "." and "..".
std::vector<std::string> names_in(int parent, const std::string& folder) {
  std::vector<std::string> names;
  const int opened = ::openat(parent, folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(opened), ::closedir);
  if (stream == nullptr) {
    ::close(opened);
    return names;
  }
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

/// Names the running kernel: a lock says something about the processes of the same kernel only, since some network
/// file systems keep flock to each machine.
std::string kernel_mark() {
  constexpr std::size_t digits = 8;
  const std::optional<std::string> id = find_file("/proc/sys/kernel/random/boot_id", 4096);
  return id && id->size() >= digits ? id->substr(0, digits) : std::string(digits, '0');
}

}  // namespace

TemporaryFolder::TemporaryFolder(File directory, File lock, LocalRoot& root, std::string path)
    : directory_(std::move(directory)),
      lock_(std::move(lock)),
      root_(root),
      path_(std::move(path)),
      owner_(::getpid()) {}

TemporaryFolder::~TemporaryFolder() {
  if (!is_mine()) return;
  remove(lock_name);
  ::unlinkat(root_.find_descriptor(), path_.c_str(), AT_REMOVEDIR);
}

bool TemporaryFolder::is_mine() const { return owner_ == ::getpid(); }

int TemporaryFolder::create(const std::string& name) const {
  return ::openat(descriptor(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

void TemporaryFolder::remove(const std::string& name) const noexcept { ::unlinkat(descriptor(), name.c_str(), 0); }

LocalTemporary::LocalTemporary(std::shared_ptr<TemporaryFolder> folder, LocalRoot& root, std::string_view label)
    : folder_(std::move(folder)), root_(root), name_(folder_->next_name()) {
  const int created = folder_->create(name_);
  if (created < 0) throw root_.failed(errno, "write", label);
  file_ = File(created, root_.label(label));
}

LocalTemporary::~LocalTemporary() {
  if (!published_) folder_->remove(name_);
}

bool LocalTemporary::publish(const std::string& key, Existing existing, TouchedFolders& touched) {
  published_ = root_.publish(folder_->descriptor(), name_, key, existing, touched);
  return published_;
}

std::shared_ptr<TemporaryFolder> LocalTemporaries::folder() {
  auto present = folder_.lock();
  if (*present != nullptr && (*present)->is_mine()) return *present;
  remove_stale(stale_age);
  constexpr int attempts = 16;
  for (int i = 0; i < attempts; ++i) {
    *present = try_make();
    if (*present != nullptr) return *present;
  }
  throw Error(ErrorCode::unavailable, fmt::format("make a folder for temporary files in '{}'", root_.url()));
}

std::shared_ptr<TemporaryFolder> LocalTemporaries::try_make() {
  const std::string path =
      fmt::format("{}/{}-{:016x}", temporaries_folder, kernel_mark(), random_.next());
  TouchedFolders unflushed;  // temporary files need not survive anything
  root_.make_folder(std::string(temporaries_folder), unflushed);
  if (::mkdirat(root_.descriptor(), path.c_str(), 0777) != 0) {
    if (errno == EEXIST || errno == ENOENT) return nullptr;
    throw root_.failed(errno, "make folder", path);
  }
  // Whoever tidies up may find the folder before it is locked and remove it; then another one is made.
  const int opened = ::openat(root_.descriptor(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return nullptr;
  File directory(opened, path);
  const int lock_descriptor = ::openat(opened, lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_descriptor < 0) {
    if (errno == ENOENT) return nullptr;
    throw root_.failed(errno, "write", path);
  }
  File lock(lock_descriptor, path);
  if (::flock(lock_descriptor, LOCK_EX | LOCK_NB) != 0 || lock.status().st_nlink == 0) return nullptr;
  return std::make_shared<TemporaryFolder>(std::move(directory), std::move(lock), root_, path);
}

void LocalTemporaries::remove_stale(std::chrono::seconds age) {
  const int root = root_.find_descriptor();
  if (root < 0) return;
  for (const std::string& name : names_in(root, std::string(temporaries_folder))) remove_if_stale(name, age);
}

void LocalTemporaries::remove_if_stale(const std::string& name, std::chrono::seconds age) {
  const std::string path = fmt::format("{}/{}", temporaries_folder, name);
  const int opened = ::openat(root_.descriptor(), path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return;
  const File directory(opened, path);
  const auto modified = time_from_unix_seconds(directory.status().st_mtim.tv_sec);
  if (!name.starts_with(kernel_mark()) && clock_.now() - modified < age) return;
  const int lock_descriptor = ::openat(opened, lock_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  const File lock(lock_descriptor, path);
  if (lock.is_open()) {
    if (::flock(lock_descriptor, LOCK_EX | LOCK_NB) != 0) return;
    for (const std::string& file : names_in(opened, ".")) {
      if (file != lock_name) ::unlinkat(opened, file.c_str(), 0);
    }
    ::unlinkat(opened, lock_name, 0);
  }
  ::unlinkat(root_.descriptor(), path.c_str(), AT_REMOVEDIR);
}

}  // namespace unio
