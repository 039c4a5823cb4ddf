#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace unio {

/// Where the bytes of an entry are: the URL in a manifest's `physical_keys` (docs/formats/physical_keys.md).
struct PhysicalKey {
  enum class Kind { file, s3 };
  Kind kind = Kind::file;
  std::string bucket;                  ///< of s3
  std::string path;                    ///< absolute path of a file, or key in the bucket; not encoded
  std::optional<std::string> version;  ///< S3 version id

  static PhysicalKey of_file(const std::filesystem::path& path);

  /// Reads a URL as quilt3 does; invalid_argument for another scheme, a host in a file URL, a query other
  /// than versionId.
  static PhysicalKey parse(std::string_view url);

  /// The URL, encoded exactly as quilt3 writes it.
  std::string url() const;

  bool operator==(const PhysicalKey&) const = default;
};

}  // namespace unio
