#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

File open_file(const std::filesystem::path& path, int flags, std::string_view action) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor < 0) throw_errno(fmt::format("{} '{}'", action, path.native()));
  return {descriptor, path.native()};
}

std::string read_open_file(File& file, std::uint64_t limit) {
  const auto size = static_cast<std::uint64_t>(file.status().st_size);
  const auto too_large = [&] {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("'{}' is larger than {} bytes", file.name(), limit));
  };
  if (size > limit) throw too_large();
  std::string content(size + 1, '\0');
  std::size_t used = 0;
  for (;;) {
    const std::size_t count = file.read(std::as_writable_bytes(std::span(content).subspan(used)));
    used += count;
    if (used < content.size()) break;
    if (used > limit) throw too_large();
    content.resize(content.size() * 2);
  }
  content.resize(used);
  return content;
}

}  // namespace

File::File(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File File::open_for_reading(const std::filesystem::path& path) {
  return open_file(path, O_RDONLY, "read");
}

File File::open_directory(const std::filesystem::path& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY, "open folder");
}

File File::create_new(const std::filesystem::path& path) {
  return open_file(path, O_RDWR | O_CREAT | O_EXCL, "create");
}

std::size_t File::read(MutableBytes buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count = ::read(descriptor_, buffer.data() + done, buffer.size() - done);
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno(fmt::format("read '{}'", name_));
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::size_t File::read_at(std::uint64_t offset, MutableBytes buffer) const {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count =
        ::pread(descriptor_, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno(fmt::format("read '{}'", name_));
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

void File::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno(fmt::format("write '{}'", name_));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void File::write_at(std::uint64_t offset, Bytes bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno(fmt::format("write '{}'", name_));
    }
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void File::sync() {
  // A failed fsync marks the pages clean, so that a second one would lie: the caller must write anew.
  if (::fsync(descriptor_) != 0) throw_errno(fmt::format("flush '{}'", name_));
}

struct ::stat File::status() const {
  struct ::stat status {};
  if (::fstat(descriptor_, &status) != 0) throw_errno(fmt::format("look at '{}'", name_));
  return status;
}

void File::close() {
  if (descriptor_ < 0) return;
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) != 0 && errno != EINTR) throw_errno(fmt::format("close '{}'", name_));
}

FileStamp stamp_of(const struct ::stat& status) {
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .mtime_ns = status.st_mtim.tv_sec * ns_per_second + status.st_mtim.tv_nsec,
          .ctime_ns = status.st_ctim.tv_sec * ns_per_second + status.st_ctim.tv_nsec,
          .inode = status.st_ino};
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
  File file = File::open_for_reading(path);
  return read_open_file(file, limit);
}

std::optional<std::string> find_file(const std::filesystem::path& path, std::uint64_t limit) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno(fmt::format("read '{}'", path.native()));
  }
  File file(descriptor, path.native());
  return read_open_file(file, limit);
}

void replace_file(const std::filesystem::path& path, Bytes content, RandomSource& random) {
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  TemporaryFile temporary(directory, "." + path.filename().native() + ".", random);
  temporary.file().write(content);
  temporary.file().sync();
  temporary.publish_over(path);
  sync_directory(directory);
}

void sync_directory(const std::filesystem::path& path) {
  File::open_directory(path).sync();
}

TemporaryFile::TemporaryFile(const std::filesystem::path& directory, std::string_view prefix,
                             RandomSource& random)
    : path_(directory / (std::string(prefix) + random_id(random))) {
  file_ = File::create_new(path_);
}

TemporaryFile::TemporaryFile(File file, std::filesystem::path path)
    : file_(std::move(file)), path_(std::move(path)) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      published_(std::exchange(other.published_, true)) {}

TemporaryFile::~TemporaryFile() {
  if (!published_) ::unlink(path_.c_str());
}

void TemporaryFile::publish_over(const std::filesystem::path& target) {
  if (::rename(path_.c_str(), target.c_str()) != 0)
    throw_errno(fmt::format("put '{}' in its place", target.native()));
  published_ = true;
}

bool TemporaryFile::publish_new(const std::filesystem::path& target) {
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
    published_ = true;
    return true;
  }
  if (errno == EEXIST) return false;
  // Some file systems cannot rename so; a hard link fails on an existing name everywhere.
  if (errno == EINVAL || errno == ENOSYS) {
    if (::link(path_.c_str(), target.c_str()) == 0) return true;  // the temporary name goes with this object
    if (errno == EEXIST) return false;
  }
  throw_errno(fmt::format("put '{}' in its place", target.native()));
}

}  // namespace unio
