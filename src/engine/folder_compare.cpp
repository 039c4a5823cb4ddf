#include "engine/folder_compare.hpp"

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/content.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

constexpr std::size_t group_size = 4096;

/// An item that waits for its turn, because it or one before it has to be read.
struct Waiting {
  ComparedFile file;
  std::string key;
  std::string path;
  std::string detail;
  bool to_read = false;
};

ComparedFile::State state_of(ScanState found) {
  switch (found) {
    case ScanState::unchanged:
      return ComparedFile::State::same;
    case ScanState::suspect:
      return ComparedFile::State::changed;
    case ScanState::added:
    case ScanState::unknown:
      return ComparedFile::State::extra;
    case ScanState::missing:
      return ComparedFile::State::missing;
    case ScanState::unreadable:
      return ComparedFile::State::unreadable;
    case ScanState::ignored:
    case ScanState::symlink:
    case ScanState::special:
    case ScanState::empty_folder:
      break;
  }
  return ComparedFile::State::not_a_file;
}

class Comparison {
 public:
  Comparison(Trust trust, const Context& context, const std::function<void(const ComparedFile&)>& visit)
      : trust_(trust), context_(context), visit_(visit) {}

  void add(const ScanItem& item) {
    ComparedFile file{.state = state_of(item.state),
                      .found = item.state,
                      .key = item.key,
                      .path = item.path,
                      .stamp = item.stamp,
                      .digest = item.digest,
                      .tracked_size = item.tracked_size,
                      .source = item.source,
                      .detail = item.message};
    const bool tracked = item.state == ScanState::unchanged || item.state == ScanState::suspect;
    const bool distrusted = item.state == ScanState::suspect || trust_ == Trust::nothing;
    const bool to_read = tracked && distrusted && item.stamp.size == item.tracked_size;
    if (to_read) {
      total_items_ += 1;
      total_bytes_ += item.stamp.size;
    }
    if (tracked && distrusted && !to_read) file.state = ComparedFile::State::changed;
    // With nothing to read, as on most days, nothing is copied either.
    if (!to_read && waiting_.empty()) return visit_(file);
    waiting_.push_back(
        {file, std::string(item.key), std::string(item.path), std::string(item.message), to_read});
    if (waiting_.size() == group_size) finish_group();
  }

  /// Everything was added.
  void finish() {
    context_.progress.expect(total_items_, total_bytes_);
    finish_group();
  }

 private:
  void finish_group() {
    parallel_for(waiting_.size(), context_.threads, context_.stop, [&](std::size_t i) { read(waiting_[i]); });
    for (Waiting& waiting : waiting_) {
      waiting.file.key = waiting.key;
      waiting.file.path = waiting.path;
      waiting.file.detail = waiting.detail;
      visit_(waiting.file);
    }
    waiting_.clear();
  }

  void read(Waiting& waiting) const {
    if (!waiting.to_read) return;
    ComparedFile& file = waiting.file;
    file.read = true;
    try {
      const Digest found = hash_local_file(context_, waiting.path, file.stamp, file.digest.type);
      file.state = found == file.digest ? ComparedFile::State::same : ComparedFile::State::changed;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      const bool changing =
          error.code() == ErrorCode::failed_precondition || error.code() == ErrorCode::not_found;
      file.state = changing ? ComparedFile::State::changed : ComparedFile::State::unreadable;
      waiting.detail = error.message();
    }
    context_.progress.advance(1, 0);
  }

  Trust trust_;
  const Context& context_;
  const std::function<void(const ComparedFile&)>& visit_;
  std::vector<Waiting> waiting_;
  std::uint64_t total_items_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace

void compare_folder(const Workspace& workspace, const StatIndex& index, Trust trust, const Context& context,
                    const std::function<void(const ComparedFile&)>& visit) {
  Comparison comparison(trust, context, visit);
  scan_sources(workspace, index, scan_options(context), [&](const ScanItem& item) { comparison.add(item); });
  comparison.finish();
}

}  // namespace unio
