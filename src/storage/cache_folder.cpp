#include "storage/cache_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "storage/cache_eviction.hpp"
#include "storage/file_ranges.hpp"

namespace unio {
namespace {

constexpr std::string_view magic = "unio-c1\n";
constexpr std::size_t digest_width = 64;
constexpr std::size_t number_width = 16;
constexpr std::size_t trailer_size = digest_width + 2 * number_width + magic.size();
constexpr std::uint64_t max_info_size = 4096;
constexpr std::uint64_t remember_checked_from = std::uint64_t{8} << 20;

/// The end of a file: what its bytes must hash to and how they divide into content and info.
struct Trailer {
  std::string digest;
  std::uint64_t content_size = 0;
  std::uint64_t info_size = 0;
};

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string read_text(const File& file, std::uint64_t offset, std::uint64_t size) {
  std::string text(size, '\0');
  text.resize(file.read_at(offset, std::as_writable_bytes(std::span(text))));
  return text;
}

std::optional<Trailer> parse_trailer(std::string_view text, std::uint64_t file_size) {
  if (text.size() != trailer_size || !text.ends_with(magic)) return std::nullopt;
  const auto content_size = parse_number(text.substr(digest_width, number_width), 16);
  const auto info_size = parse_number(text.substr(digest_width + number_width, number_width), 16);
  if (!content_size || !info_size || *info_size > max_info_size) return std::nullopt;
  if (*content_size != file_size - trailer_size - *info_size) return std::nullopt;
  return Trailer{std::string(text.substr(0, digest_width)), *content_size, *info_size};
}

std::optional<Trailer> read_trailer(const File& file, std::uint64_t file_size) {
  if (file_size < trailer_size) return std::nullopt;
  return parse_trailer(read_text(file, file_size - trailer_size, trailer_size), file_size);
}

std::string info_text(const ObjectInfo& info) {
  return fmt::format("{}\n{}\n{}{}", info.etag, info.modified.time_since_epoch().count(),
                     info.version ? "v" : "", info.version.value_or(""));
}

ObjectInfo parse_info(std::string_view text, std::uint64_t size) {
  const std::size_t first = text.find('\n');
  const std::size_t second = text.find('\n', first + 1);
  ObjectInfo info{
      .key = {}, .size = size, .etag = std::string(text.substr(0, first)), .modified = {}, .version = {}};
  const std::string_view micros = text.substr(first + 1, second - first - 1);
  info.modified = Time(std::chrono::microseconds(parse_number(micros, 10).value_or(0)));
  const std::string_view version = text.substr(second + 1);
  if (!version.empty()) info.version = std::string(version.substr(1));
  return info;
}

/// How old the last mark may be, beside that of who wrote the file: an eviction need not know it more
/// exactly, and each costs a write.
constexpr std::int64_t marked_for_seconds = 60;

/// Tells the next eviction that the file was used just now. The time of reading is set by hand, since file
/// systems are often mounted so that they do not keep it.
void mark_used(const File& file, const struct ::stat& status) {
  struct ::timespec now {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const std::int64_t age = now.tv_sec - status.st_atim.tv_sec;
  const bool read_since_written = std::pair(status.st_atim.tv_sec, status.st_atim.tv_nsec) >
                                  std::pair(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  if (read_since_written && age >= 0 && age < marked_for_seconds) return;
  const std::array<struct ::timespec, 2> times{{{0, UTIME_NOW}, {0, UTIME_OMIT}}};
  ::futimens(file.descriptor(), times.data());
}

}  // namespace

CacheFolder::CacheFolder(std::filesystem::path folder, std::uint64_t capacity, RandomSource& random)
    : folder_(std::move(folder)), capacity_(capacity), random_(random) {}

std::filesystem::path CacheFolder::path_of(std::string_view name) const {
  const std::string id = to_hex(sha256(as_bytes(name)));
  return folder_ / cache_objects / id.substr(0, 2) / id;
}

std::filesystem::path CacheFolder::pin_of(std::string_view name) const {
  return folder_ / cache_pins / path_of(name).filename();
}

CacheFolder::Filling CacheFolder::fill(std::string_view name) {
  return {*this, name};
}

CacheFolder::Filling::Filling(CacheFolder& cache, std::string_view name)
    : cache_(cache), target_(cache.path_of(name)) {
  const std::filesystem::path folder = cache.folder_ / cache_temporaries;
  // Folders that nearly always are there are made when they prove missing.
  if (!begin_in(folder)) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    begin_in(folder);  // a cache that cannot be written is only slow
  }
}

bool CacheFolder::Filling::begin_in(const std::filesystem::path& folder) {
  try {
    file_.emplace(folder, "", cache_.random_);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void CacheFolder::Filling::publish() {
  try {
    file_->publish_over(target_);
  } catch (const Error&) {
    std::error_code ignored;
    std::filesystem::create_directories(target_.parent_path(), ignored);
    file_->publish_over(target_);
  }
}

void CacheFolder::Filling::append(Bytes bytes) {
  if (!file_) return;
  size_ += bytes.size();
  hash_.update(bytes);
  try {
    if (size_ > cache_.capacity_ / 4) return file_.reset();
    file_->file().write(bytes);
  } catch (const Error&) {
    file_.reset();
  }
}

void CacheFolder::Filling::finish(const ObjectInfo& info) {
  if (!file_ || info.size != size_) return;
  const std::string text = info_text(info);
  if (text.size() > max_info_size) return;
  hash_.update(text);
  const std::string trailer =
      fmt::format("{}{}{:016x}{:016x}{}", text, to_hex(hash_.finish()), size_, text.size(), magic);
  try {
    file_->file().write(as_bytes(trailer));
    publish();
  } catch (const Error&) {
    return file_.reset();
  }
  cache_.added(size_ + trailer.size());
}

/// Whether content and info hash to what the trailer says.
bool CacheFolder::is_whole(const File& file, std::uint64_t checked_size, std::string_view digest) {
  const FileStamp stamp = stamp_of(file.status());
  // Marking a file as used changes its ctime only.
  const FileStamp known{.size = stamp.size, .mtime_ns = stamp.mtime_ns, .ctime_ns = 0, .inode = stamp.inode};
  if (stamp.size >= remember_checked_from) {
    auto checked = checked_.lock();
    const auto found = checked->find(file.name());
    if (found != checked->end() && found->second == known) return true;
  }
  Sha256 hash;
  stream_range(file, checked_size, ByteRange{}, [&](Bytes bytes) { hash.update(bytes); });
  if (to_hex(hash.finish()) != digest) return false;
  if (stamp.size >= remember_checked_from) checked_.lock()->insert_or_assign(file.name(), known);
  return true;
}

std::optional<CacheFolder::Found> CacheFolder::find(std::string_view name) {
  const std::filesystem::path path = path_of(name);
  try {
    const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (opened < 0) return std::nullopt;
    Found found{File(opened, path.native()), {}};
    const struct ::stat status = found.file.status();
    const auto trailer = read_trailer(found.file, static_cast<std::uint64_t>(status.st_size));
    if (trailer && is_whole(found.file, trailer->content_size + trailer->info_size, trailer->digest)) {
      mark_used(found.file, status);
      found.info =
          parse_info(read_text(found.file, trailer->content_size, trailer->info_size), trailer->content_size);
      return found;
    }
  } catch (const Error&) {
    // Not readable: as good as damaged.
  }
  ::unlink(path.c_str());
  return std::nullopt;
}

std::optional<std::string> CacheFolder::find_content(std::string_view name, std::uint64_t limit) {
  const std::filesystem::path path = path_of(name);
  try {
    const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (opened < 0) return std::nullopt;
    const File file(opened, path.native());
    const struct ::stat status = file.status();
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > limit + max_info_size + trailer_size) return std::nullopt;
    std::string content = read_text(file, 0, size);
    if (content.size() == size && size >= trailer_size) {
      const auto trailer = parse_trailer(std::string_view(content).substr(size - trailer_size), size);
      if (trailer && trailer->content_size > limit) return std::nullopt;
      if (trailer) {
        mark_used(file, status);
        content.resize(trailer->content_size);
        return content;
      }
    }
  } catch (const Error&) {
    // Not readable: as good as damaged.
  }
  ::unlink(path.c_str());
  return std::nullopt;
}

void CacheFolder::pin(std::string_view name) {
  const std::filesystem::path pin = pin_of(name);
  std::error_code error;
  std::filesystem::create_directories(pin.parent_path(), error);
  const int made = ::open(pin.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (made < 0) throw_errno(fmt::format("pin '{}'", pin.native()));
  ::close(made);
  has_pins_ = true;
}

bool CacheFolder::is_pinned(std::string_view name) const {
  return ::access(pin_of(name).c_str(), F_OK) == 0;
}

bool CacheFolder::has_pins() {
  std::call_once(looked_for_pins_, [&] {
    std::error_code ignored;
    if (std::filesystem::exists(folder_ / cache_pins, ignored)) has_pins_ = true;
  });
  return has_pins_;
}

void CacheFolder::unpin(std::string_view name) {
  ::unlink(pin_of(name).c_str());
}

void CacheFolder::drop(std::string_view name) {
  const std::filesystem::path path = path_of(name);
  std::error_code missing;
  const std::uint64_t size = std::filesystem::file_size(path, missing);
  if (::unlink(path.c_str()) != 0 || missing) return;
  auto bytes = bytes_.lock();
  if (*bytes) **bytes -= std::min(**bytes, size);
}

CacheUsage CacheFolder::usage() {
  auto bytes = bytes_.lock();
  if (!*bytes) *bytes = cache_size(folder_);
  return {**bytes, capacity_};
}

void CacheFolder::added(std::uint64_t size) {
  {
    auto bytes = bytes_.lock();
    *bytes = *bytes ? **bytes + size : cache_size(folder_);
    if (**bytes <= capacity_) return;
  }
  evict();
}

void CacheFolder::evict() {
  const auto left = evict_from_cache(folder_, capacity_ / 10 * 9);
  if (left) *bytes_.lock() = *left;
}

}  // namespace unio
