#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace unio {

// The folders of a CacheFolder.
inline constexpr const char* cache_objects = "objects";
inline constexpr const char* cache_pins = "pins";
inline constexpr const char* cache_temporaries = "tmp";

/// The bytes of all objects in a cache, by their file sizes.
std::uint64_t cache_size(const std::filesystem::path& folder);

/// Removes the objects that were used longest ago, but none that is pinned, until `target` bytes are left at
/// most; also temporary files older than a day. Returns the bytes that are left; absent, and nothing done,
/// while another process evicts.
std::optional<std::uint64_t> evict_from_cache(const std::filesystem::path& folder, std::uint64_t target);

}  // namespace unio
