#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "model/logical_key.hpp"

namespace unio {

/// What the index knows of one tracked local file.
struct IndexedFile {
  std::string_view key;  ///< logical key
  FileStamp stamp;       ///< of the local file when its content last had `digest`; its size is the entry's
  Digest digest;         ///< of the entry in the workspace's manifest
  /// The stamp can be trusted: a file with the same stamp has the same content. False for files that were
  /// written so shortly before the index that a later change could leave the stamp as it is ("racy"), and for
  /// files that are not there or differ.
  bool trusted = false;
};

/// Which local file last had which content: one sorted binary file, like git's index, so that what did not
/// change is neither read nor hashed (docs/formats/index.md). Tracked files in tree order of their logical
/// keys. It is a cache of facts: a missing, damaged or foreign index is an empty one, and only costs time.
///
/// Read sequentially while the tree is walked, so that reading needs little memory; writing needs as much as
/// the file is long (72 bytes and the key's new part for each file, keys are prefix-compressed). Not
/// thread-safe.
class StatIndex {
 public:
  StatIndex();
  ~StatIndex();
  StatIndex(StatIndex&&) noexcept;
  StatIndex& operator=(StatIndex&&) noexcept;

  /// Checks the whole file: what a cursor gives later is what was written.
  static StatIndex load(const std::filesystem::path& path);
  /// The same for an open file.
  static StatIndex load(File file);

  /// The top hash of the manifest this index belongs to; empty when there is none.
  const std::string& manifest() const;
  std::size_t size() const;

  /// Walks the files in tree order, from the first. `key` of an item stays valid until the next call. The
  /// index must live longer.
  class Cursor {
   public:
    explicit Cursor(const StatIndex& index);
    ~Cursor();
    Cursor(Cursor&&) noexcept;
    /// Absent after the last.
    std::optional<IndexedFile> next();

   private:
    std::unique_ptr<class StatIndexReader> reader_;
    std::size_t left_;
    std::string key_;
  };

 private:
  friend class StatIndexWriter;
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes an index; the file appears under its name in one step at `publish`. An index need not be flushed:
/// it is only a cache, and a checksum finds a torn one.
class StatIndexWriter {
 public:
  StatIndexWriter();
  ~StatIndexWriter();

  /// In tree order of keys; Error internal otherwise.
  void add(const IndexedFile& file);

  struct Options {
    /// The manifest that the index belongs to.
    std::string manifest_top_hash;
    /// The file system's time (filesystem_time_ns) at the start of the scan: stamps not older are not
    /// trusted.
    std::int64_t now_ns = 0;
  };
  void publish(const std::filesystem::path& path, const Options& options, RandomSource& random);

  /// The same as an index without a name, which goes with the object: for folders that cannot be written, and
  /// for an index that no other operation should find.
  StatIndex finish_unnamed(const Options& options);

 private:
  void write_to(File& file, const Options& options);

  struct State;
  std::unique_ptr<State> state_;
};

/// The time of the file system that holds `directory`, in nanoseconds: that of a file made there for the
/// purpose. The wall clock will not do, because a network file system has its own.
std::int64_t filesystem_time_ns(const std::filesystem::path& directory, RandomSource& random);

}  // namespace unio
