#include "storage/local_object.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace unio {
namespace {

constexpr std::uint64_t piece_size = std::uint64_t{1} << 20;

Time modified_of(const struct ::stat& status) {
  return time_from_unix_seconds(status.st_mtim.tv_sec) + std::chrono::microseconds(status.st_mtim.tv_nsec / 1000);
}

}  // namespace

std::string etag_of_content(Bytes content) { return to_hex(sha256(content)); }

std::string etag_of_stamp(const struct ::stat& status) {
  const FileStamp stamp = stamp_of(status);
  return fmt::format("{:x}-{:x}-{:x}", stamp.size, stamp.mtime_ns, stamp.inode);
}

ObjectInfo info_from(std::string_view key, const struct ::stat& status, std::string etag) {
  return {std::string(key), static_cast<std::uint64_t>(status.st_size), std::move(etag), modified_of(status),
          std::nullopt};
}

ObjectInfo info_of(std::string_view key, const File& file, const struct ::stat& status) {
  if (static_cast<std::uint64_t>(status.st_size) > content_etag_limit) {
    return info_from(key, status, etag_of_stamp(status));
  }
  const std::string content = read_small(file);
  ObjectInfo info = info_from(key, status, etag_of_content(as_bytes(content)));
  info.size = content.size();
  return info;
}

std::string read_small(const File& file) {
  std::string content(content_etag_limit, '\0');
  content.resize(file.read_at(0, std::as_writable_bytes(std::span(content))));
  return content;
}

ByteRange clipped(ByteRange range, std::uint64_t size) {
  const std::uint64_t begin = std::min(range.offset, size);
  return {begin, std::min(range.length, size - begin)};
}

void stream_range(const File& file, std::uint64_t size, ByteRange range, const ByteSink& sink) {
  const auto [begin, length] = clipped(range, size);
  const std::uint64_t end = begin + length;
  if (length > piece_size) {
    ::posix_fadvise(file.descriptor(), static_cast<off_t>(begin), static_cast<off_t>(length), POSIX_FADV_SEQUENTIAL);
  }
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(std::min(piece_size, length));
  for (std::uint64_t at = begin; at < end;) {
    const MutableBytes wanted(buffer.get(), std::min(piece_size, end - at));
    const std::size_t count = file.read_at(at, wanted);
    if (count == 0) {
      throw Error(ErrorCode::corruption, fmt::format("'{} ended after {} of {} bytes", file.name(), at, size),
                  "something else changes files in that folder; run the command again when nothing does");
    }
    sink(wanted.first(count));
    at += count;
  }
}

}  // namespace unio
