#include <array>
#include <bit>
#include <cstring>

#include "base/digest.hpp"

namespace unio {
namespace {

static_assert(std::endian::native == std::endian::little, "the tables below take eight bytes at a time");

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

/// Slicing by eight: table k gives the effect of a byte that k more bytes follow.
constexpr Tables make_tables() {
  constexpr std::uint64_t polynomial = 0x9a6c9329ac4bc9b5;  // reflected
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint64_t crc64nvme(std::uint64_t crc, std::span<const std::byte> bytes) {
  crc = ~crc;
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    word ^= crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes) {
    crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint64_t>(byte)) & 0xFF];
  }
  return ~crc;
}

}  // namespace unio
