#include "engine/package_part.hpp"

#include <algorithm>
#include <optional>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "model/manifest_index.hpp"
#include "model/registry_layout.hpp"
#include "storage/far_reads.hpp"

namespace unio {
namespace {

constexpr std::uint64_t largest_index = std::uint64_t{256} << 20;
/// What lies between two ranges is read with them when it is no more.
constexpr std::uint64_t smallest_gap = std::uint64_t{128} << 10;
constexpr std::uint64_t largest_range = std::uint64_t{4} << 20;
/// With more ranges, or more than half of the file, reading it whole is as good, and proves the top hash.
constexpr std::size_t most_ranges = 256;

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The folder of `key` directly below `folder` (which has no slash at its end), or the key itself.
std::string_view child_of(std::string_view key, std::string_view folder) {
  const std::size_t begin = folder.empty() ? 0 : folder.size() + 1;
  return key.substr(0, key.find('/', begin));
}

class PartReader {
 public:
  PartReader(const Registry& registry, std::string top_hash, const Context& context)
      : registry_(registry),
        context_(context),
        top_hash_(std::move(top_hash)),
        key_(layout::manifest(top_hash_)) {}

  /// Absent when the manifest has to be read whole.
  std::optional<OpenedPackage> read(const PackageName& name, std::span<const std::string> keys, Depth depth) {
    if (!read_start()) return std::nullopt;
    if (start_.size() == size_) return OpenedPackage{registry_, name, top_hash_, whole(), {}};
    auto index = find_index();
    if (!index || index->top_hash() != top_hash_ || index->size() != size_) return std::nullopt;
    blocks_ = &index->blocks();
    std::vector<bool> wanted(blocks_->size());
    wanted[0] = true;
    for (const std::string& key : keys) choose(wanted, *index, key, depth);
    auto manifest = read_blocks(wanted);
    if (!manifest) return std::nullopt;
    OpenedPackage package{registry_, name, top_hash_, std::move(*manifest), {}};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i]) package.left_out.push_back((*blocks_)[i]);
    }
    return package;
  }

 private:
  /// The first of the manifest: all of a small one, in a single request.
  bool read_start() {
    try {
      const auto take = [&](Bytes bytes) { start_ += as_text(bytes); };
      size_ = registry_.store().read(key_, {0, read_whole_below}, take).size;
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
      return false;
    }
  }

  Manifest whole() const { return registry_.check_manifest(top_hash_, parse_manifest(start_)); }

  std::optional<ManifestIndex> find_index() const {
    const auto object = find_object(registry_.store(), layout::manifest_index(top_hash_), largest_index);
    if (!object) return std::nullopt;
    try {
      return ManifestIndex::parse(object->content);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      return std::nullopt;
    }
  }

  static void choose(std::vector<bool>& wanted, const ManifestIndex& index, std::string_view key,
                     Depth depth) {
    if (key == ".") key = {};
    while (key.ends_with('/')) key.remove_suffix(1);
    const auto& blocks = index.blocks();
    const auto [first, last] = index.range(key);
    for (std::size_t i = first; i < last; ++i) {
      const bool has_next = i + 1 < blocks.size();
      const bool in_one_folder = depth == Depth::one_level && has_next && i > first &&
                                 child_of(blocks[i].first_key, key) == child_of(blocks[i + 1].first_key, key);
      if (!in_one_folder) wanted[i] = true;
    }
  }

  /// Absent when so much is wanted that the whole is as good, and when a block is not what the index says.
  std::optional<Manifest> read_blocks(const std::vector<bool>& wanted) {
    const std::vector<Range> ranges = ranges_of(wanted);
    std::uint64_t bytes = 0;
    for (const Range& range : ranges) bytes += range.end - range.begin;
    if (ranges.size() > most_ranges || bytes > size_ / 2) return std::nullopt;
    const std::vector<std::string> texts = read_ranges(ranges);
    ManifestReader reader({.hash_while_reading = false});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i]) continue;
      const auto text = find_text((*blocks_)[i], ranges, texts);
      if (!text) return std::nullopt;
      reader.feed(*text);
    }
    return reader.finish();
  }

  /// What is to be read besides the start.
  std::vector<Range> ranges_of(const std::vector<bool>& wanted) const {
    std::vector<Range> ranges;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const ManifestBlock& block = (*blocks_)[i];
      const std::uint64_t end = block.offset + block.size;
      if (!wanted[i] || end <= start_.size()) continue;
      const bool joins = !ranges.empty() && block.offset - ranges.back().end <= smallest_gap &&
                         end - ranges.back().begin <= largest_range;
      if (joins) {
        ranges.back().end = end;
      } else {
        ranges.push_back({block.offset, end});
      }
    }
    return ranges;
  }

  std::vector<std::string> read_ranges(const std::vector<Range>& ranges) const {
    std::vector<std::string> texts(ranges.size());
    FarStore* far = registry_.store().far();
    read_far(
        ranges.size(), {.threads = 1}, context_.stop,
        [&](std::size_t i) {
          return FarRead{far, key_, std::nullopt, ranges[i].end - ranges[i].begin, ranges[i].begin};
        },
        [&](std::size_t i, std::string content) { texts[i] = std::move(content); });
    return texts;
  }

  /// The bytes of a block; absent when they are not what the index says.
  std::optional<std::string_view> find_text(const ManifestBlock& block, const std::vector<Range>& ranges,
                                            const std::vector<std::string>& texts) const {
    std::string_view text = start_;
    std::uint64_t begin = 0;
    if (block.offset + block.size > start_.size()) {
      const auto range = std::partition_point(ranges.begin(), ranges.end(),
                                              [&](const Range& r) { return r.end <= block.offset; });
      text = texts[static_cast<std::size_t>(range - ranges.begin())];
      begin = range->begin;
    }
    if (text.size() < block.offset - begin + block.size) return std::nullopt;
    text = text.substr(block.offset - begin, block.size);
    return sha256(as_bytes(text)) == block.sha256 ? std::optional(text) : std::nullopt;
  }

  const Registry& registry_;
  const Context& context_;
  const std::string top_hash_;
  const std::string key_;
  std::string start_;
  std::uint64_t size_ = 0;
  const std::vector<ManifestBlock>* blocks_ = nullptr;
};

}  // namespace

OpenedPackage open_part(const ResolvedRef& ref, std::span<const std::string> keys, Depth depth,
                        const Context& context) {
  const Registry registry(context.stores.get(ref.registry), context);
  if (registry.store().far() == nullptr) return open_package(ref, context);
  std::string top_hash = registry.resolve(ref.name, ref.version);
  if (auto part = PartReader(registry, top_hash, context).read(ref.name, keys, depth))
    return std::move(*part);
  return {registry, ref.name, top_hash, registry.get_manifest(top_hash), {}};
}

}  // namespace unio
