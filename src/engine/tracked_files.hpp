#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/context.hpp"
#include "workspace/scan.hpp"
#include "workspace/stat_index.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// The stat index of the workspace. Where it is absent, damaged or belongs to another manifest, one is made
/// from the manifest that trusts no file, so that the operation reads them all and is right.
StatIndex load_index(Workspace& workspace);

/// An index made from the manifest alone, which trusts no file.
StatIndex distrusting_index(Workspace& workspace);

/// A new index that differs from one that is there in single files, given in tree order; the rest is copied.
class IndexUpdate {
 public:
  /// `index` must live longer.
  explicit IndexUpdate(const StatIndex& index);

  /// The file is tracked with this stamp and digest.
  void set(const IndexedFile& file);

  bool changed() const { return changed_; }

  /// `now_ns` as for StatIndexWriter.
  void publish(const Workspace& workspace, std::int64_t now_ns, RandomSource& random);
  /// The same for an operation that only reads, if there is news, nobody else is at work, and the folder can
  /// be written: an index that stays as it was only costs time.
  void try_publish(const Workspace& workspace, std::int64_t now_ns, RandomSource& random);

 private:
  void keep_next();

  StatIndex::Cursor cursor_;
  std::optional<IndexedFile> next_;
  StatIndexWriter writer_;
  bool changed_ = false;
};

/// The source that feeds `key`: the last that covers it and overrides, else the last that covers it; null for
/// a pointer.
const Source* find_source(const BuilderState& state, std::string_view key);

/// The source's local path for people: "./train2017/", "../test2017/", "/data/x.csv".
std::string display_path(const Source& source);

/// What scans in this context use.
ScanOptions scan_options(const Context& context);

}  // namespace unio
