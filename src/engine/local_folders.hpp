#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/error.hpp"

namespace unio {

// Folders of this machine, with Errors instead of exceptions of the standard library.

/// Makes it, and those that it lies in; it may be there.
inline void make_folders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw error_from_errno(error.value(), fmt::format("make folder '{}'", path.native()));
}

inline void move_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) {
    throw error_from_errno(error.value(), fmt::format("move '{}' to '{}'", from.native(), to.native()));
  }
}

}  // namespace unio
