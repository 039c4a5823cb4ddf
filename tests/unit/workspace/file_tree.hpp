#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>

namespace unio::test {

/// Writes a file and makes the folders it needs.
inline void put(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file)
    throw std::filesystem::filesystem_error("write", path, std::make_error_code(std::errc::io_error));
}

}  // namespace unio::test
