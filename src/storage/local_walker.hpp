#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unio {

/// The names in one folder in the byte order of keys, in one block of memory: a folder may hold a million.
/// The names of folders end in a slash, since "a-b" comes before "a/b".
class SortedNames {
 public:
  void add(std::string_view name);
  void sort();
  std::size_t size() const { return places_.size(); }
  std::string_view operator[](std::size_t i) const { return view(places_[i]); }

 private:
  struct Place {
    std::uint32_t offset;
    std::uint32_t length;
  };
  std::string_view view(Place place) const {
    return std::string_view(text_).substr(place.offset, place.length);
  }

  std::string text_;
  std::vector<Place> places_;
};

/// What a walk does with the folders below the one it starts in.
enum class Subfolders { enter, roll_up };

/// Gives the keys of the files below a folder one by one in ascending byte order. Each folder is read once,
/// when the walk comes to it, and folders that cannot hold a wanted key are not read. Not thread-safe;
/// borrows the root.
class LocalWalker {
 public:
  /// The keys that begin with `prefix` and come after `after`.
  LocalWalker(std::filesystem::path root, std::string prefix, std::string after, Subfolders subfolders);

  /// The next key; with Subfolders::roll_up also the path of a folder with objects, ending in a slash.
  std::optional<std::string> next();

  /// Leaves out the rest of what begins with `prefix`.
  void skip(std::string prefix) { skipped_ = std::move(prefix); }

 private:
  struct Frame {
    std::string folder;
    SortedNames names;
    std::size_t position = 0;
  };

  void enter(std::string folder);
  bool is_wanted(std::string_view entry) const;
  bool is_skipped(std::string_view entry) const { return !skipped_.empty() && entry.starts_with(skipped_); }
  bool holds_objects(const std::string& folder) const;

  std::filesystem::path root_;
  std::string prefix_;
  std::string after_;
  Subfolders subfolders_;
  std::string skipped_;
  std::vector<Frame> frames_;
};

}  // namespace unio
