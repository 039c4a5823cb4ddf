#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/scan.hpp"
#include "workspace/stat_index.hpp"

namespace unio {

/// Brings together what the walks find and what the index knows, both in tree order. While `collect` is held, files
/// are kept aside; between `start_group` and `end_group` they are merged with the files that stream in, and where two
/// sources give one key it is decided which counts.
class ScanMerge {
 public:
  ScanMerge(const std::vector<Source>& sources, const StatIndex& index,
            const std::function<void(const ScanItem&)>& visit);

  class Collecting {
   public:
    explicit Collecting(ScanMerge& merge) : merge_(merge) { merge_.collecting_ = true; }
    ~Collecting() { merge_.collecting_ = false; }
    Collecting(const Collecting&) = delete;
    Collecting& operator=(const Collecting&) = delete;

   private:
    ScanMerge& merge_;
  };
  Collecting collect() { return Collecting(*this); }

  void start_group();
  void end_group();
  /// Reports what is left of the index as missing.
  void finish();

  void file(std::size_t source, std::string_view key, std::string_view path, const FileStamp& stamp);
  void other(std::size_t source, ScanState state, std::string_view key, std::string_view path,
             std::string_view message);

  /// Whether the index has this key, or one in this folder. Asked in tree order while streaming; while collecting the
  /// answer is no.
  bool tracks(std::string_view key);
  bool tracks_within(std::string_view folder);

 private:
  struct Found {
    std::size_t source = 0;
    ScanState state = ScanState::added;
    std::string key;
    std::string path;
    FileStamp stamp;
    std::string message;
  };

  void keep(Found found);
  void give_collected_before(std::string_view key);
  void give_file(std::size_t source, std::string_view key, std::string_view path, const FileStamp& stamp);
  void give_missing_before(std::string_view key);
  void give_missing();
  bool later_wins(const Found& earlier, const Found& later) const;
  const Source& source(std::size_t index) const { return sources_[index]; }

  const std::vector<Source>& sources_;
  const std::function<void(const ScanItem&)>& visit_;
  StatIndex::Cursor cursor_;
  std::optional<IndexedFile> next_;
  bool collecting_ = false;
  std::vector<Found> collected_;
  std::size_t given_ = 0;
};

}  // namespace unio
