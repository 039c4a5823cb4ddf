#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

/// A record and the eight bytes of its key that are being compared, so that sorting seldom touches the keys.
struct SortItem {
  std::uint64_t bytes;
  std::uint32_t index;
};

using SortRange = std::pair<SortItem*, SortItem*>;

/// Eight bytes of a key from `depth` on as a number in tree order: the end sorts before a slash, a slash
/// before all else. Keys hold no NUL, so nothing else becomes 0 or 1.
std::uint64_t bytes_in_tree_order(std::string_view key, std::size_t depth) {
  std::uint64_t bytes = 0;
  for (std::size_t i = depth; i < depth + sizeof bytes; ++i) {
    const unsigned c = i < key.size() ? static_cast<unsigned char>(key[i]) : 0;
    bytes = (bytes << 8) | (c == '/' ? 1U : c < '/' && c != 0 ? c + 1 : c);
  }
  return bytes;
}

/// Sorts by eight bytes at a time; what is equal in them is sorted by the next eight.
void sort_by_key(const ManifestData& data, SortRange all) {
  struct Task {
    SortRange range;
    std::size_t depth;
  };
  std::vector<Task> tasks{{all, 0}};
  while (!tasks.empty()) {
    const auto [range, depth] = tasks.back();
    tasks.pop_back();
    bool differ = false;
    for (SortItem* item = range.first; item != range.second; ++item) {
      data.fetch_ahead(static_cast<std::size_t>(range.second - item),
                       [&](std::size_t i) { return item[i].index; });
      item->bytes = bytes_in_tree_order(data.record(item->index).key(), depth);
      differ = differ || item->bytes != range.first->bytes;
    }
    const auto before = [](const SortItem& left, const SortItem& right) { return left.bytes < right.bytes; };
    if (differ) std::sort(range.first, range.second, before);
    for (SortItem* first = range.first; first != range.second;) {
      SortItem* last =
          std::find_if(first, range.second, [&](const SortItem& i) { return i.bytes != first->bytes; });
      const bool ended = (first->bytes & 0xFF) == 0;
      if (last - first > 1 && !ended) tasks.push_back({{first, last}, depth + sizeof first->bytes});
      first = last;
    }
  }
}

}  // namespace

void ManifestData::sort() {
  std::stable_sort(folder_meta.begin(), folder_meta.end(), [](const auto& left, const auto& right) {
    return compare_tree_order(left.first, right.first) < 0;
  });
  // What came last is what counts.
  const auto kept =
      std::unique(folder_meta.rbegin(), folder_meta.rend(),
                  [](const auto& left, const auto& right) { return left.first == right.first; });
  folder_meta.erase(folder_meta.begin(), kept.base());
  std::erase_if(folder_meta, [](const auto& folder) { return !folder.second.truthy(); });

  if (sorted_) return;
  std::vector<SortItem> items(size_);
  for (std::size_t i = 0; i < size_; ++i) items[i].index = static_cast<std::uint32_t>(i);
  sort_by_key(*this, {items.data(), items.data() + items.size()});
  order_.resize(size_);
  std::transform(items.begin(), items.end(), order_.begin(), [](const SortItem& item) { return item.index; });
  sorted_ = true;
}

void ManifestData::check_keys(ErrorCode code) const {
  for (std::size_t i = 1; i < size_; ++i) {
    const std::string_view before = in_order(i - 1).key();
    const std::string_view key = in_order(i).key();
    // In tree order what lies in a folder follows the folder's own name at once.
    if (!key.starts_with(before)) continue;
    if (key.size() == before.size()) throw Error(code, fmt::format("{} is there twice", quoted_key(key)));
    if (key[before.size()] == '/') {
      throw Error(
          code, fmt::format("{} cannot be a file and the folder of {}", quoted_key(before), quoted_key(key)));
    }
  }
  for (const auto& [folder, meta] : folder_meta) {
    const std::size_t behind =
        first_where(0, [&](std::string_view key) { return compare_tree_order(key, folder) > 0; });
    if (behind == 0 || !is_within(folder, in_order(behind - 1).key())) continue;
    throw Error(code, fmt::format("{} cannot be a file and the folder of {}",
                                  quoted_key(in_order(behind - 1).key()), quoted_key(folder)));
  }
}

}  // namespace unio
