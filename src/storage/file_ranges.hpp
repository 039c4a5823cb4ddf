#pragma once

#include <cstdint>

#include "base/files.hpp"
#include "storage/object_store.hpp"

namespace unio {

/// Streams `range` of the first `size` bytes of a file in pieces of at most 1 MiB. Error corruption when the
/// file ends before: it was cut off while it was read.
void stream_range(const File& file, std::uint64_t size, ByteRange range, const ByteSink& sink);

}  // namespace unio
