#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"

namespace unio {

/// The whole file; absent when it is not there, may not be read, or is larger than `limit`: for what is worth
/// knowing and nothing to fail for.
inline std::optional<std::string> find_readable_file(const std::filesystem::path& path,
                                                     std::uint64_t limit = std::uint64_t{16} << 20) {
  try {
    return find_file(path, limit);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace unio
