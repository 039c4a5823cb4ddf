#include "storage/local_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "storage/listing.hpp"
#include "storage/local_paths.hpp"

namespace unio {
namespace {

constexpr std::size_t piece_size = std::size_t{1} << 20;
constexpr std::uint64_t hashed_etag_limit = 4096;
constexpr std::size_t lock_shards = 64;

std::string etag_of(const File& file, const struct ::stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size <= hashed_etag_limit) {
    std::vector<std::byte> content(size);
    content.resize(file.read_at(0, content));
    return to_hex(sha256(content));
  }
  const FileStamp stamp = stamp_of(status);
  return fmt::format("{:x}-{:x}-{:x}-{:x}", stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode);
}

bool is_clash(int error) { return error == ENOTDIR || error == EISDIR || error == ENOTEMPTY || error == EEXIST; }

}  // namespace

/// A large object on its way in.
class LocalStore::Staged final : public StagedObject {
 public:
  explicit Staged(LocalStore& store) : store_(store), file_(store.temporary()) {}
  void append(Bytes bytes) override { file_.file().write(bytes); }
  ObjectInfo publish(std::string_view key, const Condition& condition) override {
    check_local_key(key);
    file_.file().sync();
    return store_.publish(file_, key, condition);
  }

 private:
  LocalStore& store_;
  TemporaryFile file_;
};

/// Objects are written without flushing; a round ends with one flush for all, then they get their names, then the
/// folders are flushed.
class LocalStore::Batch final : public WriteBatch {
 public:
  explicit Batch(LocalStore& store) : store_(store) {}

  void put(std::string_view key, Bytes content) override {
    check_local_key(key);
    TemporaryFile file = store_.temporary();
    file.file().write(content);
    file.file().close();
    auto round = round_.lock();
    round->bytes += content.size();
    round->objects.emplace_back(std::string(key), std::move(file));
    if (round->objects.size() >= objects_in_round || round->bytes >= bytes_in_round) finish(*round);
  }

  std::vector<std::string> commit() override {
    auto round = round_.lock();
    finish(*round);
    return std::move(round->present);
  }

 private:
  static constexpr std::size_t objects_in_round = 8192;
  static constexpr std::uint64_t bytes_in_round = std::uint64_t{1} << 30;

  struct Round {
    std::vector<std::pair<std::string, TemporaryFile>> objects;
    std::uint64_t bytes = 0;
    std::vector<std::string> present;
  };

  void finish(Round& round) {
    if (round.objects.empty()) return;
    const File root = File::open_directory(store_.root_);
    sync_file_system(root);
    for (auto& [key, file] : round.objects) {
      if (!store_.place_new(file, key)) round.present.push_back(key);
    }
    sync_file_system(root);
    round.objects.clear();
    round.bytes = 0;
  }

  LocalStore& store_;
  Synchronized<Round> round_;
};

LocalStore::LocalStore(std::filesystem::path root, RandomSource& random)
    : root_(std::move(root)), random_(random) {}

LocalStore::~LocalStore() = default;

std::string LocalStore::url() const { return local_url(root_); }

std::filesystem::path LocalStore::path_of(std::string_view key) const { return root_ / std::filesystem::path(key); }

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
  std::uint64_t offset = std::min(range.offset, info.size);
  const std::uint64_t end = offset + std::min(range.length, info.size - offset);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, end - offset)));
  while (offset < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - offset));
    const std::size_t count = file->read_at(offset, MutableBytes(buffer).first(wanted));
    if (count == 0) break;  // it was cut off meanwhile; whoever checks the size notices
    sink(Bytes(buffer).first(count));
    offset += count;
  }
  return info;
}

TemporaryFile LocalStore::temporary() {
  std::call_once(temporary_once_, [&] {
    make_parent(root_ / ".unio/tmp/x");
    temporary_folder_ = std::make_unique<ProcessFolder>(root_ / ".unio/tmp", random_);
  });
  return TemporaryFile(temporary_folder_->path(), "", random_);
}

ObjectInfo LocalStore::write(std::string_view key, Bytes content, const Condition& condition) {
  check_local_key(key);
  if (condition.kind == Condition::Kind::matches) check_present(key, condition);
  TemporaryFile file = temporary();
  file.file().write(content);
  file.file().sync();
  return publish(file, key, condition);
}

ObjectInfo LocalStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  check_local_key(to);
  TemporaryFile file = temporary();
  read(from, ByteRange{}, [&](Bytes bytes) { file.file().write(bytes); });
  file.file().sync();
  return publish(file, to, condition);
}

ObjectInfo LocalStore::publish(TemporaryFile& file, std::string_view key, const Condition& condition) {
  ObjectInfo info = info_of(key, file.file());
  place(file, key, condition);
  sync_directory(path_of(key).parent_path());
  if (info.size > hashed_etag_limit) {
    // Renaming changed the times that this etag is made of.
    if (const auto placed = open_object(key)) info = info_of(key, *placed);
  }
  return info;
}

void LocalStore::place(TemporaryFile& file, std::string_view key, const Condition& condition) {
  if (condition.kind == Condition::Kind::absent) {
    if (!place_new(file, key)) throw condition_failed(url(), key, condition);
    return;
  }
  const std::filesystem::path path = path_of(key);
  make_parent(path);
  const File lock = lock_for(key);
  check_present(key, condition);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorCode::conflict, fmt::format("'{}' in '{}' is a folder of other objects", key, url()));
  }
  file.publish_over(path);
}

bool LocalStore::place_new(TemporaryFile& file, std::string_view key) {
  const std::filesystem::path path = path_of(key);
  make_parent(path);
  try {
    return file.publish_new(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
  }
  // Somebody removed a folder that was known.
  known_folders_.lock()->clear();
  make_parent(path);
  return file.publish_new(path);
}

void LocalStore::check_present(std::string_view key, const Condition& condition) {
  if (condition.kind != Condition::Kind::matches) return;
  const auto present = open_object(key);
  if (!present || info_of(key, *present).etag != condition.etag) throw condition_failed(url(), key, condition);
}

void LocalStore::make_parent(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  if (known_folders_.lock()->contains(parent.native())) return;
  if (::mkdir(parent.c_str(), 0777) == 0) {
    sync_directory(parent.parent_path());
  } else if (errno == ENOENT) {
    make_parent(parent);
    if (::mkdir(parent.c_str(), 0777) != 0 && errno != EEXIST) {
      throw_errno(fmt::format("make folder '{}'", parent.native()));
    }
    sync_directory(parent.parent_path());
  } else if (is_clash(errno)) {
    struct ::stat status {};
    if (::stat(parent.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      throw Error(ErrorCode::conflict, fmt::format("'{}' needs a folder where a file is", path.native()));
    }
  } else {
    throw_errno(fmt::format("make folder '{}'", parent.native()));
  }
  known_folders_.lock()->insert(parent.native());
}

File LocalStore::lock_for(std::string_view key) {
  const std::size_t shard = std::hash<std::string_view>{}(key) % lock_shards;
  const std::filesystem::path path = root_ / ".unio/locks" / fmt::format("{:02x}", shard);
  make_parent(path);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) throw_errno(fmt::format("open lock '{}'", path.native()));
  File lock(descriptor, path.native());
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno(fmt::format("lock '{}'", path.native()));
  }
  return lock;
}

void LocalStore::remove(std::string_view key, const Condition& condition) {
  check_local_key(key);
  if (!open_object(key)) {
    if (condition.kind == Condition::Kind::matches) throw condition_failed(url(), key, condition);
    return;
  }
  if (condition.kind == Condition::Kind::absent) throw condition_failed(url(), key, condition);
  const File lock = lock_for(key);
  check_present(key, condition);
  const std::filesystem::path path = path_of(key);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return;
    throw_errno(fmt::format("remove '{}'", path.native()));
  }
  sync_directory(path.parent_path());
}

std::unique_ptr<WriteBatch> LocalStore::batch() { return std::make_unique<Batch>(*this); }

std::unique_ptr<StagedObject> LocalStore::stage() { return std::make_unique<Staged>(*this); }

ListPage LocalStore::list(const ListOptions& options) {
  PageBuilder page(options);
  list_local(root_, options, [&](std::string_view key) {
    const auto file = open_object(key);
    return !file || page.add(info_of(key, *file));
  });
  return page.finish();
}

}  // namespace unio
