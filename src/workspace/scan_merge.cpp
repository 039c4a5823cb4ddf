#include "workspace/scan_merge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "model/logical_key.hpp"

namespace unio {

ScanMerge::ScanMerge(const std::vector<Source>& sources, const StatIndex& index,
                     const std::function<void(const ScanItem&)>& visit)
    : sources_(sources), index_(index), visit_(visit), cursor_(index), next_(cursor_.next()) {
  for (const Source& source : sources) excluded_.emplace_back(source.excluded);
}

std::optional<std::string_view> ScanMerge::Lookup::find_from(std::string_view key) {
  while (next_ && compare_tree_order(next_->key, key) < 0) next_ = cursor_.next();
  return next_ ? std::optional(next_->key) : std::nullopt;
}

std::optional<std::string_view> ScanMerge::find_tracked_from(std::string_view key) {
  if (collecting_) return collecting_->find_from(key);
  give_collected_before(key);
  give_missing_before(key);
  return next_ ? std::optional(next_->key) : std::nullopt;
}

bool ScanMerge::tracks(std::string_view key) {
  const auto found = find_tracked_from(key);
  return found && *found == key;
}

bool ScanMerge::tracks_within(std::string_view folder) {
  const auto found = find_tracked_from(folder);
  return found && is_within(*found, folder);
}

void ScanMerge::file(std::size_t source, std::string_view key, std::string_view path,
                     const FileStamp& stamp) {
  if (!collecting_) {
    give_collected_before(key);
    if (given_ == collected_.size() || collected_[given_].key != key)
      return give_file(source, key, path, stamp);
  }
  claim({.source = source, .key = std::string(key), .path = std::string(path), .stamp = stamp});
}

void ScanMerge::absent(std::size_t source, std::string_view key, std::string_view path) {
  if (!collecting_) {
    give_collected_before(key);
    if (given_ == collected_.size() || collected_[given_].key != key) return give_absent(source, key, path);
  }
  claim({.source = source, .state = ScanState::missing, .key = std::string(key), .path = std::string(path)});
}

/// Keeps what claims a key aside, or decides between it and what is kept.
void ScanMerge::claim(Found found) {
  if (collecting_) return collected_.push_back(std::move(found));
  // Everything with this key stands together, what claims it first.
  Found& kept = collected_[given_];
  if (claims(kept)) {
    kept = better(std::move(kept), std::move(found));
  } else {
    collected_.insert(collected_.begin() + static_cast<std::ptrdiff_t>(given_), std::move(found));
  }
}

void ScanMerge::other(std::size_t source, ScanState state, std::string_view key, std::string_view path,
                      std::string_view message) {
  if (collecting_) {
    return collected_.push_back({.source = source,
                                 .state = state,
                                 .key = std::string(key),
                                 .path = std::string(path),
                                 .message = std::string(message)});
  }
  give_collected_before(key);
  give_other(source, state, key, path, message);
}

void ScanMerge::give_other(std::size_t source, ScanState state, std::string_view key, std::string_view path,
                           std::string_view message) {
  give_missing_before(key);
  if (state == ScanState::unreadable) unreadable_ = key;
  visit_({.state = state, .key = key, .path = path, .source = source, .message = message});
}

/// Which of two that claim one key counts: the last that overrides, else the first. Two that do not override
/// are a collision, unless they are one file that is found twice; then an added one counts more than an
/// installed one. A collision is only noted, because a third may override both.
ScanMerge::Found ScanMerge::better(Found left, Found right) const {
  const auto rank = [&](const Found& found) {
    const Source& from = sources_[found.source];
    const auto place = static_cast<std::ptrdiff_t>(found.source);
    if (from.overrides) return std::pair(2, place);
    return std::pair(from.kind == Source::Kind::installed ? 0 : 1, -place);
  };
  if (rank(left) < rank(right)) std::swap(left, right);
  if (sources_[left.source].overrides) return left;
  if (left.other_path.empty()) left.other_path = left.path != right.path ? right.path : right.other_path;
  return left;
}

void ScanMerge::start_group() {
  std::stable_sort(collected_.begin(), collected_.end(), [](const Found& left, const Found& right) {
    const auto order = compare_tree_order(left.key, right.key);
    if (order != 0) return order < 0;
    return claims(left) != claims(right) ? claims(left) : left.source < right.source;
  });
  std::vector<Found> kept;
  for (Found& found : collected_) {
    if (!kept.empty() && kept.back().key == found.key && claims(kept.back()) && claims(found)) {
      kept.back() = better(std::move(kept.back()), std::move(found));
    } else {
      kept.push_back(std::move(found));
    }
  }
  collected_ = std::move(kept);
  given_ = 0;
}

void ScanMerge::end_group() {
  give_collected_before(std::nullopt);
  collected_.clear();
  given_ = 0;
}

/// Gives what was collected for keys before `key`, or everything.
void ScanMerge::give_collected_before(std::optional<std::string_view> key) {
  while (given_ < collected_.size()) {
    const Found& found = collected_[given_];
    if (key && compare_tree_order(found.key, *key) >= 0) return;
    ++given_;
    give(found);
  }
}

void ScanMerge::give(const Found& found) {
  if (!found.other_path.empty()) {
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}' comes from '{}' and from '{}'", found.key, found.path, found.other_path),
                "unio rm takes one of them out, unio add --overwrite decides for the new one");
  }
  if (found.state == ScanState::added) return give_file(found.source, found.key, found.path, found.stamp);
  if (found.state == ScanState::missing) return give_absent(found.source, found.key, found.path);
  give_other(found.source, found.state, found.key, found.path, found.message);
}

void ScanMerge::give_file(std::size_t index, std::string_view key, std::string_view path,
                          const FileStamp& stamp) {
  give_missing_before(key);
  ScanItem item{.key = key, .path = path, .stamp = stamp, .source = index};
  if (next_ && next_->key == key) {
    item.state = next_->trusted && next_->stamp == stamp ? ScanState::unchanged : ScanState::suspect;
    item.digest = next_->digest;
    item.tracked_size = next_->stamp.size;
    visit_(item);
    next_ = cursor_.next();
    return;
  }
  item.state = source(index).kind == Source::Kind::installed ? ScanState::unknown : ScanState::added;
  visit_(item);
}

void ScanMerge::give_missing_before(std::string_view key) {
  while (next_ && compare_tree_order(next_->key, key) < 0) give_missing();
}

void ScanMerge::give_missing() {
  ScanItem item{.state = ScanState::missing, .key = next_->key, .digest = next_->digest};
  bool has_source = false;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const bool covers = source(i).kind == Source::Kind::file
                            ? source(i).key == item.key
                            : is_within(item.key, source(i).key) && !excluded_[i].covers(item.key);
    if (!covers || (has_source && source(item.source).overrides && !source(i).overrides)) continue;
    item.source = i;
    has_source = true;
  }
  // A key that no source feeds any more is a pointer now, and of one that cannot be seen nobody knows.
  const bool hidden = unreadable_ && is_within(item.key, *unreadable_);
  if (has_source && !hidden) visit_(item);
  next_ = cursor_.next();
}

void ScanMerge::give_absent(std::size_t index, std::string_view key, std::string_view path) {
  give_missing_before(key);
  ScanItem item{.state = ScanState::missing, .key = key, .path = path, .source = index};
  const bool tracked = next_ && next_->key == key;
  if (tracked) item.digest = next_->digest;
  visit_(item);
  if (tracked) next_ = cursor_.next();
}

void ScanMerge::finish() {
  while (next_) give_missing();
}

}  // namespace unio
