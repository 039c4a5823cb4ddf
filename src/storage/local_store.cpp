#include "storage/local_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/file_ranges.hpp"
#include "storage/listing.hpp"
#include "storage/local_copy.hpp"
#include "storage/local_lock.hpp"
#include "storage/local_paths.hpp"

namespace unio {
namespace {

constexpr std::uint64_t hashed_etag_limit = 4096;
constexpr long ns_per_ms = 1'000'000;
/// A folder that others remove as often as we make it; more than this is no race any more.
constexpr int place_attempts = 100;

std::string etag_of(const File& file, const struct ::stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size <= hashed_etag_limit) {
    std::vector<std::byte> content(size);
    content.resize(file.read_at(0, content));
    return to_hex(sha256(content));
  }
  const FileStamp stamp = stamp_of(status);
  return fmt::format("{:x}-{:x}-{:x}", stamp.size, stamp.mtime_ns, stamp.inode);
}

/// The S_IFMT bits of what is there, not following a link; 0 for nothing.
mode_t file_kind(const std::filesystem::path& path) {
  struct ::stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
}

bool is_object(const std::filesystem::path& path) {
  return file_kind(path) == S_IFREG;
}

void sync_folder_of(const std::filesystem::path& path) {
  try {
    sync_directory(path.parent_path());
  } catch (const Error& error) {
    // It was removed since, because what was in it was removed.
    if (error.code() != ErrorCode::not_found) throw;
  }
}

}  // namespace

/// A large object on its way in.
class LocalStore::Staged final : public StagedObject {
 public:
  explicit Staged(LocalStore& store) : store_(store), file_(store.temporary()) {}
  void append(Bytes bytes) override { file_.file().write(bytes); }
  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    check_local_key(key);
    return store_.publish(file_, key, condition);
  }

 private:
  LocalStore& store_;
  TemporaryFile file_;
};

LocalStore::LocalStore(std::filesystem::path root, RandomSource& random)
    : root_(std::move(root)), url_(local_url(root_)), random_(random) {}

LocalStore::~LocalStore() = default;

std::filesystem::path LocalStore::path_of(std::string_view key) const {
  return root_ / std::filesystem::path(key);
}

Error LocalStore::not_found(std::string_view key) const {
  return Error(ErrorCode::not_found, fmt::format("no object '{}' in '{}'", key, url()));
}

std::optional<File> LocalStore::open_object(std::string_view key) const {
  const std::filesystem::path path = path_of(key);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) return std::nullopt;
    throw_errno(fmt::format("read '{}'", path.native()));
  }
  File file(descriptor, path.native());
  if (!S_ISREG(file.status().st_mode)) return std::nullopt;
  return file;
}

ObjectInfo LocalStore::info_of(std::string_view key, const File& file) const {
  const struct ::stat status = file.status();
  const FileStamp stamp = stamp_of(status);
  return {.key = std::string(key),
          .size = stamp.size,
          .etag = etag_of(file, status),
          .modified = Time(std::chrono::microseconds(stamp.mtime_ns / 1000)),
          .version = std::nullopt};
}

std::optional<ObjectInfo> LocalStore::find(std::string_view key) {
  check_local_key(key);
  const auto file = open_object(key);
  if (!file) return std::nullopt;
  return info_of(key, *file);
}

ObjectInfo LocalStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  check_local_key(key);
  const auto file = open_object(key);
  if (!file) throw not_found(key);
  ObjectInfo info = info_of(key, *file);
  stream_range(*file, info.size, range, sink);
  return info;
}

TemporaryFile LocalStore::temporary() {
  std::call_once(temporary_once_, [&] {
    make_parent(root_ / ".unio/tmp/x", FlushFolders::later);
    temporary_folder_ = std::make_unique<ProcessFolder>(root_ / ".unio/tmp", random_);
  });
  return TemporaryFile(temporary_folder_->path(), "", random_);
}

ObjectInfo LocalStore::write(std::string_view key, Bytes content, const Condition& condition) {
  check_local_key(key);
  if (condition.kind == Condition::Kind::matches) check_present(key, condition);
  TemporaryFile file = temporary();
  file.file().write(content);
  return publish(file, key, condition);
}

ObjectInfo LocalStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  check_local_key(to);
  check_local_key(from);
  const auto source = open_object(from);
  if (!source) throw not_found(from);
  TemporaryFile file = temporary();
  copy_content(*source, file.file(), static_cast<std::uint64_t>(source->status().st_size));
  return publish(file, to, condition);
}

ObjectInfo LocalStore::publish(TemporaryFile& file, std::string_view key, const Condition& condition) {
  ObjectInfo info = flushed_info(file.file(), key);
  if (condition.kind == Condition::Kind::absent) {
    if (!place(file, key, Existing::keep, FlushFolders::now)) throw condition_failed(url(), key, condition);
  } else {
    const LocalLock lock(lock_path(key));
    check_present(key, condition);
    place(file, key, Existing::replace, FlushFolders::now);
  }
  return info;
}

/// Makes the content durable and says what it will be as `key`. Asking after the renaming could give what
/// another writer put there since.
ObjectInfo LocalStore::flushed_info(File& file, std::string_view key) {
  const struct ::stat status = file.status();
  if (static_cast<std::uint64_t>(status.st_size) > hashed_etag_limit) {
    struct ::timespec written = status.st_mtim;
    written.tv_nsec -= written.tv_nsec % ns_per_ms;
    written.tv_nsec += static_cast<long>(random_.next() % ns_per_ms);
    const struct ::timespec times[2] = {{0, UTIME_OMIT}, written};
    if (::futimens(file.descriptor(), times) != 0) throw_errno(fmt::format("write '{}'", file.name()));
  }
  file.sync();
  return info_of(key, file);
}

bool LocalStore::place(TemporaryFile& file, std::string_view key, Existing existing, FlushFolders flush) {
  const std::filesystem::path path = path_of(key);
  for (int attempt = 1;; ++attempt) {
    try {
      if (existing == Existing::replace) {
        file.publish_over(path);
      } else if (!file.publish_new(path)) {
        if (is_object(path)) return false;
        make_way(path, key);
        continue;
      }
      if (flush == FlushFolders::now) sync_folder_of(path);
      return true;
    } catch (const Error& error) {
      const bool is_folder =
          error.code() == ErrorCode::invalid_argument || error.code() == ErrorCode::already_exists;
      if (attempt == place_attempts || (!is_folder && error.code() != ErrorCode::not_found)) throw;
      if (is_folder && file_kind(path) != S_IFDIR) throw;
      if (is_folder) make_way(path, key);
      // Others may remove an empty folder as often as we make it.
      if (!is_folder) make_parent(path, flush);
    }
  }
}

/// Removes the empty folder that stands where an object shall be; Error conflict when it is something else.
void LocalStore::make_way(const std::filesystem::path& path, std::string_view key) const {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return;
  if (errno == ENOTDIR) {
    throw Error(ErrorCode::conflict,
                fmt::format("something that is no object stands at '{}' in '{}'", key, url()),
                "move it away and run the command again");
  }
  throw Error(ErrorCode::conflict, fmt::format("'{}' in '{}' is a folder of other objects", key, url()),
              "choose a name that is not the beginning of others");
}

void LocalStore::check_present(std::string_view key, const Condition& condition) {
  if (condition.kind != Condition::Kind::matches) return;
  const auto present = open_object(key);
  if (!present || info_of(key, *present).etag != condition.etag)
    throw condition_failed(url(), key, condition);
}

void LocalStore::make_parent(const std::filesystem::path& path, FlushFolders flush) const {
  const std::filesystem::path parent = path.parent_path();
  if (::mkdir(parent.c_str(), 0777) != 0 && errno != EEXIST) {
    if (errno == ENOTDIR) throw_not_a_folder(path);
    if (errno != ENOENT || parent == parent.parent_path())
      throw_errno(fmt::format("make folder '{}'", parent.native()));
    make_parent(parent, flush);
    if (::mkdir(parent.c_str(), 0777) != 0 && errno != EEXIST) {
      // Gone again already: whoever wants to put something there tries again.
      if (errno == ENOENT) return;
      throw_errno(fmt::format("make folder '{}'", parent.native()));
    }
  }
  if (is_object(parent)) throw_not_a_folder(path);
  if (flush == FlushFolders::now) sync_folder_of(parent);
}

void LocalStore::throw_not_a_folder(const std::filesystem::path& path) const {
  std::filesystem::path file = path.parent_path();
  while (file != root_ && !is_object(file)) file = file.parent_path();
  throw Error(
      ErrorCode::conflict,
      fmt::format("'{}' cannot be in '{}': '{}' is an object there and so cannot be a folder",
                  path.lexically_relative(root_).native(), url(), file.lexically_relative(root_).native()),
      "choose a name that does not begin with another one and a slash");
}

std::filesystem::path LocalStore::lock_path(std::string_view key) const {
  std::filesystem::path path = root_ / ".unio/locks" / fmt::format("{:02x}", lock_shard(key));
  if (!is_object(path)) make_parent(path, FlushFolders::later);
  return path;
}

void LocalStore::remove(std::string_view key, const Condition& condition) {
  check_local_key(key);
  if (!open_object(key)) {
    if (condition.kind == Condition::Kind::matches) throw condition_failed(url(), key, condition);
    return;
  }
  if (condition.kind == Condition::Kind::absent) throw condition_failed(url(), key, condition);
  const LocalLock lock(lock_path(key));
  check_present(key, condition);
  const std::filesystem::path path = path_of(key);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return;
    throw_errno(fmt::format("remove '{}'", path.native()));
  }
  sync_folder_of(path);
  // Empty folders go, so that nobody takes them for packages and an object may have their name.
  for (auto folder = path.parent_path(); folder != root_ && ::rmdir(folder.c_str()) == 0;) {
    folder = folder.parent_path();
  }
}

std::unique_ptr<StagedObject> LocalStore::stage(const StageOptions&) {
  return std::make_unique<Staged>(*this);
}

}  // namespace unio
