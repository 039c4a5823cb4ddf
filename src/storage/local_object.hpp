#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Up to this size an object's etag is the SHA-256 of its content, above it a stamp of the file.
///
/// Why not always a stamp: the time of a file comes in ticks of some milliseconds and inode numbers are used again
/// at once, so that "old → other → third" within a tick could give the third object the etag of the old one, and a
/// compare-and-swap would lose an update. What is swapped (pointers, records) is small. The stamp of large objects
/// is size, time and inode, and LocalStore sets their time to the microsecond when it writes them.
inline constexpr std::uint64_t content_etag_limit = std::uint64_t{64} << 10;

std::string etag_of_content(Bytes content);
std::string etag_of_stamp(const struct ::stat& status);

/// The info of an open object; reads it when it is small.
ObjectInfo info_of(std::string_view key, const File& file, const struct ::stat& status);

/// The info from what is known already.
ObjectInfo info_from(std::string_view key, const struct ::stat& status, std::string etag);

/// A small object, whole. Its size is what was read, whatever the status said before.
std::string read_small(const File& file);

/// Streams `range` of a file of `size` bytes in pieces of at most 1 MiB; corruption when it ends early.
void stream_range(const File& file, std::uint64_t size, ByteRange range, const ByteSink& sink);

/// The part of an object of `size` bytes that `range` means.
ByteRange clipped(ByteRange range, std::uint64_t size);

}  // namespace unio
