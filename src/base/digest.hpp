#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

using Sha256Value = std::array<std::byte, 32>;

/// The digest types that Quilt 3 manifests know (docs/formats/digests.md).
enum class DigestType : std::uint8_t {
  sha2_256_chunked,  ///< SHA-256 over the SHA-256 of each chunk; base64. What Unio writes
  sha256,            ///< plain SHA-256; 64 hex digits. Legacy Quilt, Git LFS
  crc64nvme,         ///< CRC-64/NVME; base64 of 8 big-endian bytes. Written by some Quilt stacks
};

/// "sha2-256-chunked", "SHA256", "CRC64NVME".
std::string_view name(DigestType type);
std::optional<DigestType> find_digest_type(std::string_view name);

/// A typed digest of bytes, in binary. CRC64NVME uses the first 8 bytes of `value`, the rest is zero.
struct Digest {
  DigestType type = DigestType::sha2_256_chunked;
  Sha256Value value{};

  /// As manifests write it: base64 or hex.
  std::string text() const;
  /// Appends text() to `out`, without making a string of its own.
  void append_text(std::string& out) const;
  /// Lower-case hex of the binary value: the content address of a sha2-256-chunked digest.
  std::string hex() const;

  /// Absent when `text` is not exactly what `text()` of some digest of that type gives.
  static std::optional<Digest> parse(DigestType type, std::string_view text);
  static std::optional<Digest> from_hex(DigestType type, std::string_view hex);

  bool operator==(const Digest&) const = default;
};

std::string to_hex(std::span<const std::byte> bytes);
void append_hex(std::string& out, std::span<const std::byte> bytes);
/// Fills `out` from exactly so many lower-case digits; false when `hex` is something else.
bool parse_hex(std::string_view hex, std::span<std::byte> out);
std::string to_base64(std::span<const std::byte> bytes);

/// Incremental SHA-256. Not thread-safe; reusable after `finish`.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  Sha256Value finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Value sha256(std::span<const std::byte> bytes);

/// The chunk size of a sha2-256-chunked digest for content of `size` bytes: 8 MiB, doubled while more than
/// 10,000 chunks would be needed.
std::uint64_t digest_chunk_size(std::uint64_t size);

/// The sha2-256-chunked value from the SHA-256 of each chunk, in order. No chunk: the SHA-256 of nothing.
Digest digest_from_chunks(std::span<const Sha256Value> chunks);

/// Digest of content that arrives in order and whose size is known beforehand. Not thread-safe.
class DigestStream {
 public:
  DigestStream(DigestType type, std::uint64_t expected_size);
  ~DigestStream();
  DigestStream(DigestStream&&) noexcept;
  DigestStream& operator=(DigestStream&&) noexcept;

  void update(std::span<const std::byte> bytes);
  std::uint64_t size() const;
  /// Valid as the digest of `expected_size` bytes only when exactly so many came.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest digest_of(DigestType type, std::span<const std::byte> bytes);

/// CRC-64/NVME: reflected, polynomial 0x9a6c9329ac4bc9b5, all ones before and after.
/// Continues from `crc`, the value of what came before (0 for nothing).
std::uint64_t crc64nvme(std::uint64_t crc, std::span<const std::byte> bytes);

}  // namespace unio
