#include "workspace/key_set.hpp"

#include <algorithm>

#include "model/logical_key.hpp"

namespace unio {

KeySet::KeySet(std::vector<std::string> keys) {
  for (std::string& key : keys) {
    while (key.ends_with('/')) key.pop_back();
  }
  std::sort(keys.begin(), keys.end(), TreeOrder());
  for (std::string& key : keys) {
    if (keys_.empty() || !is_within(key, keys_.back())) keys_.push_back(std::move(key));
  }
}

bool KeySet::covers(std::string_view key) const {
  // A folder comes before what is in it, and nothing else comes between.
  const auto behind = std::upper_bound(keys_.begin(), keys_.end(), key, TreeOrder());
  return behind != keys_.begin() && is_within(key, *std::prev(behind));
}

}  // namespace unio
