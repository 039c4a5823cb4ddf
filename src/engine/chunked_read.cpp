#include "engine/chunked_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "storage/far_reads.hpp"

namespace unio {
namespace {

constexpr std::uint64_t bytes_on_their_way = std::uint64_t{48} << 20;
/// A chunk of a digest is larger than this only in files of more than 80 GB, whose chunks are too much to
/// have several in memory.
constexpr std::uint64_t largest_chunk = std::uint64_t{8} << 20;

}  // namespace

bool read_in_chunks(const Registry& registry, const Context& context, const EntryView& entry,
                    const std::function<void(std::uint64_t offset, Bytes chunk)>& take) {
  const std::optional<Digest> expected = entry.digest();
  const std::uint64_t chunk_size = digest_chunk_size(entry.size());
  const bool fits = expected && expected->type == DigestType::sha2_256_chunked &&
                    chunk_size <= largest_chunk && entry.size() > chunk_size;
  if (!fits) return false;
  const ObjectLocation location = locate(registry, context, entry);
  FarStore* far = location.store->far();
  if (far == nullptr) return false;

  const auto size_of = [&](std::size_t i) { return std::min(chunk_size, entry.size() - i * chunk_size); };
  std::vector<Sha256Value> hashes((entry.size() + chunk_size - 1) / chunk_size);
  const auto hash_and_take = [&](std::size_t i, const std::string& content) {
    // One byte of the next chunk comes with each but the last.
    const bool is_last = i + 1 == hashes.size();
    const bool as_long = content.size() == size_of(i) + (is_last ? 0 : 1);
    if (!as_long) {
      throw Error(ErrorCode::corruption,
                  fmt::format("'{}' does not have the {} bytes at '{}' that the manifest says",
                              entry.logical_key(), entry.size(), entry.physical_key()),
                  "unio verify shows all that differs");
    }
    const Bytes chunk = as_bytes(content).first(size_of(i));
    hashes[i] = sha256(chunk);
    take(i * chunk_size, chunk);
  };
  in_context(read_step(entry), [&] {
    read_far(
        hashes.size(), {.threads = context.threads, .most_bytes = bytes_on_their_way}, context.stop,
        [&](std::size_t i) {
          return FarRead{far, location.key, location.version, size_of(i), i * chunk_size};
        },
        hash_and_take);
  });
  check_digest(entry, *expected, digest_from_chunks(hashes));
  return true;
}

}  // namespace unio
