#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workspace/key_set.hpp"
#include "workspace/scan.hpp"
#include "workspace/stat_index.hpp"

namespace unio {

/// Brings together what the walks find and what the index knows, both in tree order. While `collect` is held,
/// files are kept aside; between `start_group` and `end_group` they are merged with the files that stream in,
/// and where two sources give one key it is decided which counts.
class ScanMerge {
 public:
  ScanMerge(const std::vector<Source>& sources, const StatIndex& index,
            const std::function<void(const ScanItem&)>& visit);

  class Collecting {
   public:
    explicit Collecting(ScanMerge& merge) : merge_(merge) { merge_.collecting_.emplace(merge.index_); }
    ~Collecting() { merge_.collecting_.reset(); }
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
  /// Anything that is no file; what is tracked there, or in it, is not missing when it is unreadable.
  void other(std::size_t source, ScanState state, std::string_view key, std::string_view path,
             std::string_view message);

  /// The file of a `file` source is not there; its key is claimed nevertheless.
  void absent(std::size_t source, std::string_view key, std::string_view path);

  /// Whether the index has this key, or one in this folder. Asked in tree order, by one source after the
  /// other.
  bool tracks(std::string_view key);
  bool tracks_within(std::string_view folder);

 private:
  /// The index from its beginning, for one source whose files are kept aside.
  class Lookup {
   public:
    explicit Lookup(const StatIndex& index) : cursor_(index), next_(cursor_.next()) {}
    /// The first tracked key that is not before `key`; absent behind the last.
    std::optional<std::string_view> find_from(std::string_view key);

   private:
    StatIndex::Cursor cursor_;
    std::optional<IndexedFile> next_;
  };

  struct Found {
    std::size_t source = 0;
    ScanState state = ScanState::added;
    std::string key;
    std::string path;
    FileStamp stamp;
    std::string message;
    std::string other_path;  ///< of a file that claims the same key
  };

  static bool claims(const Found& found) {
    return found.state == ScanState::added || found.state == ScanState::missing;
  }
  std::optional<std::string_view> find_tracked_from(std::string_view key);
  void claim(Found found);
  void give(const Found& found);
  void give_other(std::size_t source, ScanState state, std::string_view key, std::string_view path,
                  std::string_view message);
  void give_collected_before(std::optional<std::string_view> key);
  void give_file(std::size_t source, std::string_view key, std::string_view path, const FileStamp& stamp);
  void give_missing_before(std::string_view key);
  void give_missing();
  void give_absent(std::size_t source, std::string_view key, std::string_view path);
  Found better(Found left, Found right) const;
  const Source& source(std::size_t index) const { return sources_[index]; }

  const std::vector<Source>& sources_;
  const StatIndex& index_;
  const std::function<void(const ScanItem&)>& visit_;
  std::vector<KeySet> excluded_;  ///< of each source
  StatIndex::Cursor cursor_;
  std::optional<IndexedFile> next_;
  std::optional<Lookup> collecting_;
  std::vector<Found> collected_;
  std::size_t given_ = 0;
  std::optional<std::string> unreadable_;  ///< the last key of that kind
};

}  // namespace unio
