#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/manifest.hpp"

namespace unio {

/// Choosing some entries of a package by chance that repeats itself: each entry has a place between 0 and 1
/// that only its key and the seed decide, so that the same entries are chosen everywhere and for ever, and
/// that what is added to a package later does not move what was there.
///
/// The place is the first 8 bytes of SHA-256(seed, a NUL, key), big-endian, divided by 2^64.

double place_of_key(std::string_view seed, std::string_view key);

struct SampleOptions {
  /// Exactly one of both: so many entries, or this share of them, in [0, 1].
  std::optional<std::uint64_t> count;
  std::optional<double> fraction;
  std::string seed;
  /// A folder ("" is the root): only what is in it is chosen from, and from each folder and entry directly in
  /// it on its own, so that each is represented. Absent: from all entries together.
  std::optional<std::string> by;
};

/// The indexes of the chosen entries, ascending. With a count, those with the lowest places (all, where there
/// are fewer); with a fraction, those whose place is below it, which is about that share. Error
/// invalid_argument for options that make no sense, not_found for a folder that is not there.
std::vector<std::size_t> sample_entries(const Manifest& manifest, const SampleOptions& options);

struct Share {
  std::string name;
  double weight = 0;  ///< positive; the shares are taken in proportion
};

/// Which share each entry belongs to: the one in whose part of [0, 1] its place falls, in the order given.
/// Error invalid_argument for shares that make no sense.
std::vector<std::vector<std::size_t>> split_entries(const Manifest& manifest, std::span<const Share> shares,
                                                    std::string_view seed);

/// The entries at these ascending indexes with the metadata of the folders that they are in, as a manifest of
/// their own; package metadata and message stay behind.
Manifest select_entries(const Manifest& manifest, std::span<const std::size_t> indexes);

}  // namespace unio
