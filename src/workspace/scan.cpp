#include "workspace/scan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "base/error.hpp"
#include "base/tree_walk.hpp"
#include "base/utf8.hpp"
#include "model/logical_key.hpp"
#include "workspace/ignore_rules.hpp"
#include "workspace/scan_merge.hpp"

namespace unio {
namespace {

bool is_excluded(const Source& source, std::string_view key) {
  return std::any_of(source.excluded.begin(), source.excluded.end(),
                     [&](const std::string& excluded) { return is_within(key, excluded); });
}

/// One source on the way into the scan: walks its files and hands them to the merge.
class SourceWalk {
 public:
  SourceWalk(const Workspace& workspace, std::size_t index, const ScanOptions& options, ScanMerge& merge)
      : source_(workspace.state().sources[index]),
        index_(index),
        root_((workspace.root() / source_.path).lexically_normal()),
        options_(options),
        merge_(merge),
        rules_(root_, options.ignored_folders) {
    if (!root_.has_filename()) root_ = root_.parent_path();
  }

  void run() {
    if (source_.kind == Source::Kind::file) return file();
    try {
      WalkOptions walk;
      walk.filter = [this](std::string_view path, WalkOptions::Type type) { return enters(path, type); };
      walk.stop = options_.stop;
      walk.threads = options_.threads;
      walk_tree(root_, walk, [this](const WalkItem& item) { visit(item); });
    } catch (const Error& error) {
      // A folder that is not there holds no files: what was tracked in it is missing.
      if (error.code() != ErrorCode::not_found) throw;
    }
  }

 private:
  void file() {
    struct ::stat status {};
    if (::lstat(root_.c_str(), &status) != 0) {
      if (errno != ENOENT && errno != ENOTDIR) give(ScanState::unreadable, root_.native(), std::strerror(errno));
      return;
    }
    key_ = source_.key;
    if (S_ISREG(status.st_mode)) {
      merge_.file(index_, key_, root_.native(), stamp_of(status));
    } else {
      give(S_ISLNK(status.st_mode) ? ScanState::symlink : ScanState::special, root_.native(), {});
    }
  }

  void set_key(std::string_view path) {
    key_.assign(source_.key);
    key_ += path;
  }

  bool enters(std::string_view path, WalkOptions::Type type) {
    set_key(path);
    if (is_excluded(source_, key_)) return false;
    if (type == WalkOptions::Type::file) return true;
    // The state folder is no part of anything, whatever the configuration says.
    if (path == ".unio" || path.ends_with("/.unio")) return false;
    // As in git, what is tracked stays so; rules speak of the rest.
    return !rules_.ignored(path, IgnoreRules::Kind::folder) || merge_.tracks_within(key_);
  }

  void visit(const WalkItem& item) {
    set_key(item.path);
    path_.assign(root_.native());
    if (!item.path.empty()) path_.append("/").append(item.path);
    switch (item.kind) {
      case WalkItem::Kind::file: return visit_file(item);
      case WalkItem::Kind::symlink: return give(ScanState::symlink, path_, {});
      case WalkItem::Kind::special: return give(ScanState::special, path_, {});
      case WalkItem::Kind::empty_folder: return give(ScanState::empty_folder, path_, {});
      case WalkItem::Kind::unreadable: return give(ScanState::unreadable, path_, std::strerror(item.error));
      case WalkItem::Kind::skipped:
        if (!is_excluded(source_, key_) && !key_.ends_with(".unio")) give(ScanState::ignored, path_, {});
        return;
    }
  }

  void visit_file(const WalkItem& item) {
    if (!merge_.tracks(key_)) {
      if (rules_.ignored(item.path, IgnoreRules::Kind::file)) return give(ScanState::ignored, path_, {});
      if (!is_utf8(key_)) return give(ScanState::unreadable, path_, "its name is not UTF-8");
      if (!is_logical_key(key_)) return give(ScanState::unreadable, path_, "its name is no logical key");
    }
    merge_.file(index_, key_, path_, item.stamp);
  }

  void give(ScanState state, std::string_view path, std::string_view message) {
    merge_.other(index_, state, key_, path, message);
  }

  const Source& source_;
  std::size_t index_;
  std::filesystem::path root_;
  const ScanOptions& options_;
  ScanMerge& merge_;
  IgnoreRules rules_;
  std::string key_;
  std::string path_;
};

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
      SourceWalk(workspace, order[i], options, merge).run();
    }
    merge.start_group();
    SourceWalk(workspace, order[first], options, merge).run();
    merge.end_group();
    first = last;
  }
  merge.finish();
}

}  // namespace unio
