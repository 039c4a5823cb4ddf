#include "model/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

constexpr double two_to_64 = 18446744073709551616.0;

Error senseless(std::string message) {
  return Error(ErrorCode::invalid_argument, std::move(message));
}

void check_options(const SampleOptions& options) {
  if (options.count.has_value() == options.fraction.has_value())
    throw senseless("a sample needs either a count or a fraction");
  if (options.fraction && !(*options.fraction >= 0 && *options.fraction <= 1))
    throw senseless(fmt::format("a fraction lies between 0 and 1, and {} does not", *options.fraction));
}

/// Adds what is chosen of the entries [first, last).
void choose(const Manifest& manifest, std::pair<std::size_t, std::size_t> range, const SampleOptions& options,
            std::vector<std::size_t>& chosen) {
  std::vector<std::pair<double, std::size_t>> places;
  const double below = options.fraction.value_or(2);
  for (std::size_t i = range.first; i < range.second; ++i) {
    const double place = place_of_key(options.seed, manifest[i].logical_key());
    if (place < below || below == 1) places.emplace_back(place, i);
  }
  if (options.count && *options.count < places.size()) {
    const auto end = places.begin() + static_cast<std::ptrdiff_t>(*options.count);
    std::nth_element(places.begin(), end, places.end());
    places.erase(end, places.end());
  }
  for (const auto& [place, i] : places) chosen.push_back(i);
}

/// The entries that are in the same folder or are the same entry directly below `folder` as entry `first` is.
std::size_t end_of_group(const Manifest& manifest, std::size_t first, std::size_t last,
                         std::size_t folder_size) {
  const std::string_view key = manifest[first].logical_key();
  const auto slash = key.find('/', folder_size);
  if (slash == std::string_view::npos) return first + 1;
  const std::string group(key.substr(0, slash + 1));
  return std::min(last, manifest.range(group).second);
}

}  // namespace

double place_of_key(std::string_view seed, std::string_view key) {
  Sha256 hash;
  hash.update(seed);
  hash.update(std::string_view("\0", 1));
  hash.update(key);
  const Sha256Value value = hash.finish();
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < sizeof(first); ++i)
    first = first << 8 | std::to_integer<std::uint64_t>(value[i]);
  // The highest numbers round up to 2^64, and a place is below 1.
  return std::min(static_cast<double>(first) / two_to_64, std::nextafter(1.0, 0.0));
}

std::vector<std::size_t> sample_entries(const Manifest& manifest, const SampleOptions& options) {
  check_options(options);
  std::vector<std::size_t> chosen;
  if (!options.by) {
    choose(manifest, {0, manifest.size()}, options, chosen);
  } else {
    std::string folder = *options.by;
    if (folder == "." || folder == "/") folder.clear();
    if (!folder.empty() && !folder.ends_with('/')) folder += '/';
    const auto [begin, end] = manifest.range(folder);
    if (begin == end && !folder.empty())
      throw Error(ErrorCode::not_found, fmt::format("there is no folder {}", quoted_key(folder)));
    for (std::size_t first = begin; first < end;) {
      const std::size_t last = end_of_group(manifest, first, end, folder.size());
      choose(manifest, {first, last}, options, chosen);
      first = last;
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<std::vector<std::size_t>> split_entries(const Manifest& manifest, std::span<const Share> shares,
                                                    std::string_view seed) {
  if (shares.empty()) throw senseless("a split needs shares");
  double total = 0;
  std::set<std::string_view> names;
  for (const Share& share : shares) {
    if (!names.insert(share.name).second)
      throw senseless(fmt::format("there are two shares of the name '{}'", share.name));
    if (!(share.weight > 0) || !std::isfinite(share.weight))
      throw senseless(
          fmt::format("the share '{}' must be more than nothing, not {}", share.name, share.weight));
    total += share.weight;
  }
  std::vector<double> ends;
  double sum = 0;
  for (const Share& share : shares) ends.push_back((sum += share.weight) / total);
  std::vector<std::vector<std::size_t>> parts(shares.size());
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    const double place = place_of_key(seed, manifest[i].logical_key());
    const auto part = std::upper_bound(ends.begin(), ends.end() - 1, place);
    parts[static_cast<std::size_t>(part - ends.begin())].push_back(i);
  }
  return parts;
}

Manifest select_entries(const Manifest& manifest, std::span<const std::size_t> indexes) {
  ManifestBuilder selected;
  for (const std::size_t i : indexes) selected.add(manifest[i]);
  for (const auto& [folder, meta] : manifest.folder_meta()) {
    const auto [first, last] = manifest.range(folder);
    const auto at = std::lower_bound(indexes.begin(), indexes.end(), first);
    if (at != indexes.end() && *at < last) selected.set_folder_meta(folder, meta);
  }
  return selected.finish();
}

}  // namespace unio
