#include "workspace/scan_merge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

bool covers(const Source& source, std::string_view key) {
  if (source.kind == Source::Kind::file) return source.key == key;
  if (!is_within(key, source.key)) return false;
  return std::none_of(source.excluded.begin(), source.excluded.end(),
                      [&](const std::string& excluded) { return is_within(key, excluded); });
}

}  // namespace

ScanMerge::ScanMerge(const std::vector<Source>& sources, const StatIndex& index,
                     const std::function<void(const ScanItem&)>& visit)
    : sources_(sources), visit_(visit), cursor_(index), next_(cursor_.next()) {}

bool ScanMerge::tracks(std::string_view key) {
  if (collecting_) return false;
  give_collected_before(key);
  give_missing_before(key);
  return next_ && next_->key == key;
}

bool ScanMerge::tracks_within(std::string_view folder) {
  if (collecting_) return false;
  give_collected_before(folder);
  give_missing_before(folder);
  return next_ && is_within(next_->key, folder);
}

void ScanMerge::file(std::size_t source, std::string_view key, std::string_view path, const FileStamp& stamp) {
  if (collecting_) {
    return keep({.source = source, .key = std::string(key), .path = std::string(path), .stamp = stamp});
  }
  give_collected_before(key);
  if (given_ == collected_.size() || collected_[given_].key != key) return give_file(source, key, path, stamp);
  const Found streamed{.source = source, .key = std::string(key), .path = std::string(path), .stamp = stamp};
  Found& kept = collected_[given_];
  const bool streamed_is_later = source > kept.source;
  const bool keep_kept = streamed_is_later ? !later_wins(kept, streamed) : later_wins(streamed, kept);
  if (!keep_kept) kept = streamed;
}

void ScanMerge::other(std::size_t source, ScanState state, std::string_view key, std::string_view path,
                      std::string_view message) {
  if (collecting_) {
    return keep({.source = source,
                 .state = state,
                 .key = std::string(key),
                 .path = std::string(path),
                 .message = std::string(message)});
  }
  give_collected_before(key);
  give_missing_before(key);
  visit_({.state = state, .key = key, .path = path, .source = source, .message = message});
}

void ScanMerge::keep(Found found) { collected_.push_back(std::move(found)); }

/// Whether the later source's file counts; Error already_exists when neither gives way.
bool ScanMerge::later_wins(const Found& earlier, const Found& later) const {
  const Source& first = source(earlier.source);
  const Source& second = source(later.source);
  // An added file beside installed ones is found twice: by the walk of the installed folder and by its own source.
  if (earlier.path == later.path) return first.kind == Source::Kind::installed || second.overrides;
  if (second.overrides) return true;
  if (first.overrides) return false;
  throw Error(ErrorCode::already_exists,
              fmt::format("'{}' comes from '{}' and from '{}'", later.key, earlier.path, later.path),
              "unio rm takes one of them out, unio add --overwrite decides for the new one");
}

void ScanMerge::start_group() {
  std::stable_sort(collected_.begin(), collected_.end(), [](const Found& left, const Found& right) {
    const auto order = compare_tree_order(left.key, right.key);
    return order < 0 || (order == 0 && left.source < right.source);
  });
  // Of collected files with one key the one that counts stays.
  std::vector<Found> kept;
  for (Found& found : collected_) {
    const bool same_file = !kept.empty() && kept.back().key == found.key && kept.back().state == ScanState::added &&
                           found.state == ScanState::added;
    if (!same_file) {
      kept.push_back(std::move(found));
    } else if (later_wins(kept.back(), found)) {
      kept.back() = std::move(found);
    }
  }
  collected_ = std::move(kept);
  given_ = 0;
}

void ScanMerge::end_group() {
  while (given_ < collected_.size()) give_collected_before({});
  collected_.clear();
  given_ = 0;
}

/// Gives what was collected for keys before `key`; the empty key stands for the end.
void ScanMerge::give_collected_before(std::string_view key) {
  while (given_ < collected_.size()) {
    const Found& found = collected_[given_];
    if (!key.empty() && compare_tree_order(found.key, key) >= 0) return;
    ++given_;
    if (found.state == ScanState::added) {
      give_file(found.source, found.key, found.path, found.stamp);
    } else {
      give_missing_before(found.key);
      visit_({.state = found.state,
              .key = found.key,
              .path = found.path,
              .source = found.source,
              .message = found.message});
    }
  }
}

void ScanMerge::give_file(std::size_t index, std::string_view key, std::string_view path, const FileStamp& stamp) {
  give_missing_before(key);
  ScanItem item{.key = key, .path = path, .stamp = stamp, .source = index};
  if (next_ && next_->key == key) {
    item.state = next_->trusted && next_->stamp == stamp ? ScanState::unchanged : ScanState::suspect;
    item.digest = next_->digest;
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
    if (!covers(sources_[i], next_->key)) continue;
    item.source = i;
    has_source = true;
  }
  // A key that no source feeds any more is a pointer now; nothing is missing.
  if (has_source) visit_(item);
  next_ = cursor_.next();
}

void ScanMerge::finish() {
  while (next_) give_missing();
}

}  // namespace unio
