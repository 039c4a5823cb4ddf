#pragma once

#include <cstdint>

#include "base/files.hpp"

namespace unio {

/// Makes the empty file `to` share the blocks of `from`; false where the file system cannot.
bool share_blocks(const File& from, File& to);

/// Copies `size` bytes of `from` to the empty file `to`: as shared blocks where the file system can, else
/// inside the kernel, else through memory.
void copy_content(const File& from, File& to, std::uint64_t size);

}  // namespace unio
