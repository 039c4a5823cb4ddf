#include "storage/local_paths.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "storage/object_store.hpp"

namespace unio {
namespace {

constexpr std::string_view temporary_folder = ".unio/tmp/";
constexpr std::string_view locks_folder = ".unio/locks/";
constexpr std::size_t longest_name = 255;

}  // namespace

bool is_reserved(std::string_view key) {
  return key.starts_with(temporary_folder) || key.starts_with(locks_folder);
}

void check_local_key(std::string_view key) {
  check_object_key(key);
  if (is_reserved(key)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is in a folder that the store keeps for itself", key));
  }
  for (std::size_t begin = 0; begin < key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    if (end - begin > longest_name) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' has a segment longer than 255 bytes, which no folder can hold", key));
    }
    begin = end + 1;
  }
}

std::string local_url(const std::filesystem::path& root) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "_.-~/";
  std::string path = root.lexically_normal().native();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::string url = "file://";
  for (const char c : path == "/" ? std::string_view() : std::string_view(path)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
        unreserved.find(c) != std::string_view::npos) {
      url += c;
    } else {
      url += {'%', digits[byte >> 4], digits[byte & 0xF]};
    }
  }
  return url;
}

void sync_file_system(const File& directory) {
  if (::syncfs(directory.descriptor()) != 0) throw_errno(fmt::format("flush '{}'", directory.name()));
}

}  // namespace unio
