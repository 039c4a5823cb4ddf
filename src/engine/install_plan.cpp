#include "engine/install_plan.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/content.hpp"
#include "engine/name_list.hpp"
#include "engine/tracked_files.hpp"

namespace unio {
namespace {

constexpr std::size_t group_size = 4096;
/// A file that was here and is younger than this, by the time of the file system, may change once more and
/// keep its stamp.
constexpr std::int64_t settled_after_ns = 1'000'000'000;

/// What stands at an entry's path.
enum class Found {
  nothing,
  right,    ///< a file with the entry's content
  clean,    ///< a file that is as the version before had it
  foreign,  ///< anything else
};

struct Look {
  Found found = Found::nothing;
  FileStamp stamp;
};

bool is_wanted(const std::vector<Source>& sources, std::string_view key) {
  return std::any_of(sources.begin(), sources.end(), [&](const Source& s) { return is_within(key, s.key); });
}

class Planner {
 public:
  Planner(const Manifest& manifest, const std::vector<Source>& sources, Workspace* before,
          const SafeTree& tree, Foreign foreign, const Context& context)
      : manifest_(manifest), sources_(sources), tree_(tree), foreign_(foreign), context_(context) {
    if (before != nullptr) index_ = load_index(*before);
    plan_.looked_at_ns = filesystem_time_ns(tree.root() / ".unio", context.random);
  }

  InstallPlan run() {
    look_at_entries();
    find_dropped();
    if (foreign_ != Foreign::replace) refuse_lost();
    return std::move(plan_);
  }

 private:
  /// In groups, so that memory does not grow with the package.
  void look_at_entries() {
    plan_.stamps.resize(manifest_.size());
    StatIndex::Cursor cursor(index_);
    auto next = cursor.next();
    const ProgressPhase phase(context_.progress, "comparing", manifest_.size());
    for (std::size_t first = 0; first < manifest_.size(); first += group_size) {
      const std::size_t count = std::min(group_size, manifest_.size() - first);
      std::vector<std::optional<IndexedFile>> tracked(count);  // their keys do not stay
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view key = manifest_[first + i].logical_key();
        while (next && compare_tree_order(next->key, key) < 0) next = cursor.next();
        if (next && next->key == key) tracked[i] = *next;
      }
      std::vector<std::optional<Look>> looks(count);
      parallel_for(count, context_.threads, context_.stop, [&](std::size_t i) {
        const EntryView entry = manifest_[first + i];
        if (is_wanted(sources_, entry.logical_key())) looks[i] = look(entry, tracked[i]);
        context_.progress.advance(1, 0);
      });
      for (std::size_t i = 0; i < count; ++i) {
        if (looks[i]) decide(first + i, *looks[i]);
      }
    }
  }

  void decide(std::size_t i, const Look& look) {
    const std::string key(manifest_[i].logical_key());
    if (look.found == Found::right) {
      plan_.stamps[i] = look.stamp;
      plan_.kept.push_back(i);
      return;
    }
    if (look.found == Found::foreign && foreign_ == Foreign::keep) {
      plan_.foreign.push_back(i);
      plan_.stamps[i] = FileStamp{.size = manifest_[i].size()};
      return;
    }
    if (look.found == Found::foreign) lost_.push_back(key);
    plan_.fetched.push_back(
        {i, key, look.found == Found::nothing ? std::nullopt : std::optional(look.stamp)});
  }

  Look look(const EntryView& entry, const std::optional<IndexedFile>& tracked) const {
    const std::string key(entry.logical_key());
    const auto status = tree_.find(key);
    if (!status) return {};
    const FileStamp stamp = stamp_of(*status);
    if (!S_ISREG(status->st_mode)) return {S_ISDIR(status->st_mode) ? Found::nothing : Found::foreign, stamp};
    const auto wanted = entry.digest();
    if (tracked && tracked->trusted && tracked->stamp == stamp) {
      return {wanted == tracked->digest ? Found::right : Found::clean, stamp};
    }
    const bool may_be_right = wanted && stamp.size == entry.size();
    const bool may_be_clean = tracked && stamp.size == tracked->stamp.size;
    if (!may_be_right && !may_be_clean) return {Found::foreign, stamp};
    const std::string path = (tree_.root() / key).native();
    if (may_be_right && hash_local_file(context_, path, stamp, wanted->type) == *wanted)
      return {Found::right, stamp};
    if (may_be_clean && hash_local_file(context_, path, stamp, tracked->digest.type) == tracked->digest) {
      return {Found::clean, stamp};
    }
    return {Found::foreign, stamp};
  }

  /// Files of the version before that this one does not have stay, unless they are where it needs a folder,
  /// or in a folder where it needs a file.
  void find_dropped() {
    StatIndex::Cursor cursor(index_);
    while (const auto file = cursor.next()) {
      const std::string key(file->key);
      if (manifest_.find(key)) continue;
      const auto status = find_quietly(key);
      if (!status || !S_ISREG(status->st_mode)) continue;
      if (!in_the_way(key)) {
        plan_.left_behind.push_back(key);
      } else if (is_clean(*file, stamp_of(*status))) {
        plan_.removed.push_back(key);
      } else {
        lost_.push_back(key);
        plan_.removed.push_back(key);
      }
    }
  }

  /// What is behind a link is not looked at: it is no file of ours.
  std::optional<struct ::stat> find_quietly(const std::string& key) const {
    try {
      return tree_.find(key);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  bool in_the_way(const std::string& key) const {
    const auto [first, last] = manifest_.range(key + "/");
    if (first != last && is_wanted(sources_, manifest_[first].logical_key())) return true;
    for (std::size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
      const std::string above = key.substr(0, slash);
      if (manifest_.find(above) && is_wanted(sources_, above)) return true;
    }
    return false;
  }

  bool is_clean(const IndexedFile& file, const FileStamp& stamp) const {
    if (file.trusted && file.stamp == stamp) return true;
    if (file.stamp.size != stamp.size) return false;
    return hash_local_file(context_, (tree_.root() / file.key).native(), stamp, file.digest.type) ==
           file.digest;
  }

  void refuse_lost() const {
    if (lost_.empty()) return;
    const std::string names =
        list_of_names(lost_.size(), [&](std::size_t i) { return (tree_.root() / lost_[i]).native(); });
    throw Error(ErrorCode::failed_precondition,
                fmt::format("{} {} not what was installed and would be lost", names,
                            lost_.size() == 1 ? "is" : "are"),
                "move them away, or --force replaces them");
  }

  const Manifest& manifest_;
  const std::vector<Source>& sources_;
  const SafeTree& tree_;
  Foreign foreign_;
  const Context& context_;
  StatIndex index_;
  std::vector<std::string> lost_;
  InstallPlan plan_;
};

}  // namespace

InstallPlan plan_install(const Manifest& manifest, const std::vector<Source>& sources, Workspace* before,
                         const SafeTree& tree, Foreign foreign, const Context& context) {
  return Planner(manifest, sources, before, tree, foreign, context).run();
}

void write_index(const Workspace& workspace, const Manifest& manifest, const InstallPlan& plan,
                 const Context& context) {
  StatIndexWriter writer;
  auto kept = plan.kept.begin();
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (!plan.stamps[i]) continue;
    const FileStamp& stamp = *plan.stamps[i];
    const bool was_here = kept != plan.kept.end() && *kept == i;
    if (was_here) ++kept;
    const bool foreign = std::binary_search(plan.foreign.begin(), plan.foreign.end(), i);
    const bool young = std::max(stamp.mtime_ns, stamp.ctime_ns) > plan.looked_at_ns - settled_after_ns;
    writer.add({manifest[i].logical_key(), stamp, manifest[i].digest().value_or(Digest{}),
                !foreign && !(was_here && young)});
  }
  // The time of now rather than of the start: what was fetched was written by us, under stamps taken
  // afterwards.
  const std::int64_t now_ns = filesystem_time_ns(workspace.state_folder(), context.random);
  writer.publish(workspace.index_path(), {workspace.manifest_hash(), now_ns}, context.random);
}

}  // namespace unio
