#include "base/json.hpp"
#include "model/manifest.hpp"

namespace unio {
namespace {

bool same_value(const Json& left, const Json& right) {
  return left.dump(JsonStyle::canonical) == right.dump(JsonStyle::canonical);
}

/// The keys of the folders whose metadata only one of the sides has, or has otherwise.
std::vector<std::string> changed_folders(const Manifest& before, const Manifest& after) {
  std::vector<std::string> changed;
  auto b = before.folder_meta().begin();
  auto a = after.folder_meta().begin();
  while (b != before.folder_meta().end() || a != after.folder_meta().end()) {
    const bool only_before = a == after.folder_meta().end();
    const bool only_after = b == before.folder_meta().end();
    const auto order = only_before  ? std::strong_ordering::less
                       : only_after ? std::strong_ordering::greater
                                    : compare_tree_order(b->first, a->first);
    if (order != 0 || !same_value(b->second, a->second)) changed.push_back(order > 0 ? a->first : b->first);
    if (order <= 0) ++b;
    if (order >= 0) ++a;
  }
  return changed;
}

EntryChange one_sided(EntryChange::Kind kind, const EntryView& entry) {
  EntryChange change{
      .kind = kind, .logical_key = std::string(entry.logical_key()), .before = {}, .after = {}};
  (kind == EntryChange::Kind::added ? change.after : change.before) = entry.entry();
  return change;
}

EntryChange modified(const EntryView& before, const EntryView& after) {
  EntryChange change{.kind = EntryChange::Kind::modified,
                     .logical_key = std::string(before.logical_key()),
                     .before = before.entry(),
                     .after = after.entry()};
  change.content_changed = !before.same_bytes(after);
  change.meta_changed = !before.same_meta(after);
  return change;
}

}  // namespace

ManifestDiff diff(const Manifest& before, const Manifest& after) {
  ManifestDiff result;
  result.package_meta_changed = !same_value(before.user_meta(), after.user_meta());
  result.folders = changed_folders(before, after);
  std::size_t b = 0;
  std::size_t a = 0;
  while (b < before.size() || a < after.size()) {
    std::strong_ordering order = std::strong_ordering::equal;
    if (b == before.size()) {
      order = std::strong_ordering::greater;
    } else if (a == after.size()) {
      order = std::strong_ordering::less;
    } else {
      order = compare_tree_order(before[b].logical_key(), after[a].logical_key());
    }
    if (order < 0) {
      result.entries.push_back(one_sided(EntryChange::Kind::removed, before[b++]));
      ++result.removed;
    } else if (order > 0) {
      result.entries.push_back(one_sided(EntryChange::Kind::added, after[a++]));
      ++result.added;
    } else {
      const EntryView old_entry = before[b++];
      const EntryView new_entry = after[a++];
      if (old_entry.same_content(new_entry)) continue;
      result.entries.push_back(modified(old_entry, new_entry));
      ++result.modified;
    }
  }
  return result;
}

}  // namespace unio
