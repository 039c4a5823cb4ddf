#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/files.hpp"

namespace unio {

/// MD5, which services ask for by old rules. It protects from nothing but bad lines.
using Md5 = std::array<std::byte, 16>;

/// Absent where this machine's cryptography refuses MD5.
std::optional<Md5> find_md5(Bytes bytes);

}  // namespace unio
