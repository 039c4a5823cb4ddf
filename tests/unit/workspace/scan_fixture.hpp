#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"
#include "unit/workspace/file_tree.hpp"
#include "workspace/scan.hpp"

namespace unio::test {

inline std::string_view name(ScanState state) {
  switch (state) {
    case ScanState::unchanged:
      return "unchanged";
    case ScanState::suspect:
      return "suspect";
    case ScanState::added:
      return "added";
    case ScanState::unknown:
      return "unknown";
    case ScanState::missing:
      return "missing";
    case ScanState::ignored:
      return "ignored";
    case ScanState::symlink:
      return "symlink";
    case ScanState::special:
      return "special";
    case ScanState::empty_folder:
      return "empty_folder";
    case ScanState::unreadable:
      return "unreadable";
  }
  return "";
}

/// A workspace whose sources a test sets, and an index that `track` makes of what lies there.
class ScanFixture {
 public:
  ScanFixture() : workspace_(Workspace::create(folder_.path() / "workspace", some_state(), random_)) {
    options_.ignored_folders = {".git"};
  }

  std::filesystem::path root() const { return workspace_.root(); }
  std::filesystem::path outside() const { return folder_.path(); }
  void put(const std::string& path, std::string_view content = "x") { test::put(root() / path, content); }
  void remove(const std::string& path) { std::filesystem::remove_all(root() / path); }
  std::vector<Source>& sources() { return workspace_.state().sources; }
  Workspace& workspace() { return workspace_; }

  void add_folder(std::string key, std::string path) {
    sources().push_back({.kind = Source::Kind::folder, .key = std::move(key), .path = std::move(path)});
  }

  /// Makes all files that the sources give tracked ones whose stamps can be trusted.
  void track() {
    StatIndexWriter writer;
    scan_sources(workspace_, StatIndex(), options_, [&](const ScanItem& item) {
      const bool file = item.state == ScanState::added || item.state == ScanState::unknown;
      if (file) writer.add({.key = item.key, .stamp = item.stamp, .digest = {}, .trusted = true});
    });
    constexpr std::int64_t far_future = INT64_MAX;
    writer.publish(workspace_.index_path(), {{}, far_future}, random_);
  }

  void scan(const std::function<void(const ScanItem&)>& visit) {
    scan_sources(workspace_, StatIndex::load(workspace_.index_path()), options_, visit);
  }

  /// "state key" of every item, in the order of the scan.
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    scan([&](const ScanItem& item) {
      lines.push_back(std::string(name(item.state)) + " " + std::string(item.key));
    });
    return lines;
  }

 private:
  static BuilderState some_state() {
    BuilderState state;
    state.ref.registry = "file:///registry";
    state.ref.name = PackageName::parse("team/data");
    return state;
  }

  TemporaryDirectory folder_;
  FakeRandom random_;
  Workspace workspace_;
  ScanOptions options_;
};

using Lines = std::vector<std::string>;

}  // namespace unio::test
