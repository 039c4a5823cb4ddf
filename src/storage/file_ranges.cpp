#include "storage/file_ranges.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"

namespace unio {

void stream_range(const File& file, std::uint64_t size, ByteRange range, const ByteSink& sink) {
  constexpr std::uint64_t piece_size = std::uint64_t{1} << 20;
  std::uint64_t offset = std::min(range.offset, size);
  const std::uint64_t end = offset + std::min(range.length, size - offset);
  if (offset == end) return;
  const auto capacity = static_cast<std::size_t>(std::min(piece_size, end - offset));
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(capacity);
  while (offset < end) {
    const MutableBytes wanted(buffer.get(),
                              static_cast<std::size_t>(std::min<std::uint64_t>(capacity, end - offset)));
    const std::size_t count = file.read_at(offset, wanted);
    if (count == 0) {
      throw Error(ErrorCode::corruption,
                  fmt::format("'{}' ended after {} of {} bytes", file.name(), offset, size),
                  "something changes files in that folder; run the command again when nothing does");
    }
    sink(Bytes(wanted).first(count));
    offset += count;
  }
}

}  // namespace unio
