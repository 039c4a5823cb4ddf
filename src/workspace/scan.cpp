#include "workspace/scan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/tree_walk.hpp"
#include "base/utf8.hpp"
#include "model/logical_key.hpp"
#include "workspace/ignore_rules.hpp"
#include "workspace/key_set.hpp"
#include "workspace/scan_merge.hpp"

namespace unio {
namespace {

/// The folder that a source names, or its file: absolute, without a slash at the end.
std::filesystem::path root_of(const Workspace& workspace, const Source& source) {
  std::filesystem::path root = (workspace.root() / source.path).lexically_normal();
  return root.has_filename() ? root : root.parent_path();
}

/// The path of `folder` below the workspace's root, or "" when it lies elsewhere.
std::string path_within(const Workspace& workspace, const std::filesystem::path& folder) {
  const std::string path = folder.lexically_relative(workspace.root()).native();
  return path == "." || path == ".." || path.starts_with("../") ? std::string() : path;
}

/// A `file` source on its way into the scan.
void scan_file(const Workspace& workspace, std::size_t index, ScanMerge& merge) {
  const Source& source = workspace.state().sources[index];
  const std::string path = root_of(workspace, source).native();
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return merge.absent(index, source.key, path);
    return merge.other(index, ScanState::unreadable, source.key, path, std::strerror(errno));
  }
  if (S_ISREG(status.st_mode)) return merge.file(index, source.key, path, stamp_of(status));
  merge.other(index, S_ISLNK(status.st_mode) ? ScanState::symlink : ScanState::special, source.key, path, {});
}

/// A folder on its way into the scan: walks it and hands its files to the merge.
class FolderScan {
 public:
  FolderScan(const Workspace& workspace, std::size_t index, const ScanOptions& options, ScanMerge& merge)
      : source_(workspace.state().sources[index]),
        index_(index),
        root_(root_of(workspace, source_).native()),
        state_folder_(workspace.state_folder().native()),
        options_(options),
        merge_(merge),
        excluded_(source_.excluded),
        rules_(root_, options.ignored_folders, path_within(workspace, root_)) {}

  void run() {
    bool started = false;
    try {
      WalkOptions walk;
      walk.filter = [this](std::string_view path, WalkOptions::Type type) { return enters(path, type); };
      walk.stop = options_.stop;
      walk.threads = options_.threads;
      const File root = File::open_directory(root_);
      started = true;
      walk_tree(root_, walk, [this](const WalkItem& item) { visit(item); });
    } catch (const Error& error) {
      // Only of the folder itself: an error of whoever is visited is none of ours.
      if (started) throw;
      // A folder that is not there holds no files: what was tracked in it is missing.
      if (error.code() == ErrorCode::not_found) return;
      merge_.other(index_, ScanState::unreadable, source_.key, root_, error.message());
    }
  }

 private:
  void set_key(std::string_view path) {
    key_.assign(source_.key);
    key_ += path;
  }

  void set_path(std::string_view path) {
    path_.assign(root_);
    if (!path.empty()) path_.append("/").append(path);
  }

  /// The state folder is no part of anything, whatever rules and configuration say.
  bool is_state_folder() const { return path_ == state_folder_; }

  static bool is_named_unio(std::string_view path) { return path == ".unio" || path.ends_with("/.unio"); }

  bool enters(std::string_view path, WalkOptions::Type type) {
    set_key(path);
    if (excluded_.covers(key_)) return false;
    if (type == WalkOptions::Type::file) return true;
    const bool state = is_named_unio(path);
    if (state) {
      set_path(path);
      if (is_state_folder()) return false;
    }
    const bool ignored = state || is_in_ignored(path) || rules_.ignored(path, IgnoreRules::Kind::folder);
    if (!ignored) return true;
    // As in git, what is tracked stays so; rules speak of the rest.
    if (!merge_.tracks_within(key_)) return false;
    if (!is_in_ignored(path)) ignored_folder_ = path;
    return true;
  }

  /// Whether the path lies in a folder that was entered only for the tracked files in it.
  bool is_in_ignored(std::string_view path) const {
    return !ignored_folder_.empty() && is_within(path, ignored_folder_);
  }

  void visit(const WalkItem& item) {
    set_key(item.path);
    set_path(item.path);
    switch (item.kind) {
      case WalkItem::Kind::file:
        return visit_file(item);
      case WalkItem::Kind::symlink:
        return give(ScanState::symlink, {});
      case WalkItem::Kind::special:
        return give(ScanState::special, {});
      case WalkItem::Kind::empty_folder:
        return give(ScanState::empty_folder, {});
      case WalkItem::Kind::unreadable:
        return give(ScanState::unreadable, std::strerror(item.error));
      case WalkItem::Kind::skipped:
        if (!excluded_.covers(key_) && !is_state_folder()) give(ScanState::ignored, {});
        return;
    }
  }

  void visit_file(const WalkItem& item) {
    if (!merge_.tracks(key_)) {
      const bool ignored = is_in_ignored(item.path) || rules_.ignored(item.path, IgnoreRules::Kind::file);
      if (ignored) return give(ScanState::ignored, {});
      if (!is_utf8(key_)) return give(ScanState::unreadable, "its name is not UTF-8");
      if (!is_logical_key(key_)) return give(ScanState::unreadable, "its name is no logical key");
    }
    merge_.file(index_, key_, path_, item.stamp);
  }

  void give(ScanState state, std::string_view message) { merge_.other(index_, state, key_, path_, message); }

  const Source& source_;
  std::size_t index_;
  std::string root_;
  std::string state_folder_;
  const ScanOptions& options_;
  ScanMerge& merge_;
  KeySet excluded_;
  IgnoreRules rules_;
  std::string ignored_folder_;
  std::string key_;
  std::string path_;
};

void scan_source(const Workspace& workspace, std::size_t index, const ScanOptions& options,
                 ScanMerge& merge) {
  if (workspace.state().sources[index].kind == Source::Kind::file) return scan_file(workspace, index, merge);
  FolderScan(workspace, index, options, merge).run();
}

std::string_view without_slash(std::string_view key) {
  while (key.ends_with('/')) key.remove_suffix(1);
  return key;
}

/// The sources in tree order of their keys, those that hold others before them.
std::vector<std::size_t> in_key_order(const std::vector<Source>& sources) {
  std::vector<std::size_t> order(sources.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return compare_tree_order(without_slash(sources[left].key), without_slash(sources[right].key)) < 0;
  });
  return order;
}

}  // namespace

void scan_sources(const Workspace& workspace, const StatIndex& index, const ScanOptions& options,
                  const std::function<void(const ScanItem&)>& visit) {
  const std::vector<Source>& sources = workspace.state().sources;
  const std::vector<std::size_t> order = in_key_order(sources);
  ScanMerge merge(sources, index, visit);
  for (std::size_t first = 0; first < order.size();) {
    // A source and those whose keys lie in its folder: it is streamed, they are collected and merged in.
    std::size_t last = first + 1;
    while (last < order.size() && is_within(sources[order[last]].key, sources[order[first]].key)) ++last;
    for (std::size_t i = first + 1; i < last; ++i) {
      const auto collecting = merge.collect();
      scan_source(workspace, order[i], options, merge);
    }
    merge.start_group();
    scan_source(workspace, order[first], options, merge);
    merge.end_group();
    first = last;
  }
  merge.finish();
}

}  // namespace unio
