#include "engine/push_groups.hpp"

#include <string_view>

#include "engine/content.hpp"
#include "engine/tracked_files.hpp"
#include "workspace/ignore_rules.hpp"

namespace unio {

PushedGroup PushGroups::describe(const EntryView& entry, const std::string& to_url) const {
  const std::string_view key = entry.logical_key();
  const std::string url = entry.physical_key();
  PushedGroup group;
  std::string folder(key.substr(0, key.find('/') + 1));  // "" for an entry at the root
  const Source* source = is_local_file(registry_, entry) ? find_source(workspace_.state(), key) : nullptr;
  if (source != nullptr) {
    group.action = PushedGroup::Action::pushed;
    group.folder = source->kind != Source::Kind::file;
    group.from = display_path(*source);
    if (group.folder) folder = source->key;
  } else {
    group.action = PushedGroup::Action::copied;
    group.folder = !folder.empty();
    group.from = group.folder ? folder_url(url, key, folder) : url;
  }
  group.to = group.folder ? folder_url(to_url, key, folder) : to_url;
  return group;
}

void PushGroups::add(const EntryView& entry, const std::optional<Transfer::Moved>& moved,
                     const std::string& wanted_url) {
  const std::string url = entry.physical_key();
  // An entry that stayed is worth a line only when it is where the user wanted it.
  if (!moved && (wanted_url.empty() || std::string_view(url).substr(0, url.find('?')) != wanted_url)) return;
  PushedGroup group = describe(entry, moved ? moved->physical_key : url);
  const auto [position, is_new] =
      positions_.try_emplace({group.action, group.from, group.to}, result_.groups.size());
  if (is_new) result_.groups.push_back(group);
  PushedGroup& total = result_.groups[position->second];
  total.files += 1;
  total.bytes += entry.size();
  if (!moved || moved->already_there) total.already_there += 1;
  if (moved && moved->displaced) result_.displaced.emplace_back(entry.logical_key());
  if (group.action == PushedGroup::Action::pushed && looks_like_secret(entry.logical_key())) {
    result_.secrets.emplace_back(entry.logical_key());
  }
}

}  // namespace unio
