#include <algorithm>
#include <functional>

#include "base/json.hpp"

namespace unio {
namespace {

/// Below, looking at each member is faster than hashing.
constexpr std::size_t many_members = 16;

bool are_different(const std::vector<Json::Member>& members) {
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (std::any_of(members.begin(), member, [&](const auto& other) { return other.first == member->first; }))
      return false;
  }
  return true;
}

}  // namespace

Json::Object::Object(std::vector<Member> members) : members_(std::move(members)) {
  if (members_.size() < many_members ? are_different(members_) : rebuild_index()) return;
  slots_.clear();
  for (auto& [key, value] : std::exchange(members_, {})) set(std::move(key), std::move(value));
}

/// The position of the member `key`; the number of members when there is none.
std::size_t Json::Object::find_index(std::string_view key) const {
  if (slots_.empty()) {
    const auto member =
        std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.first == key; });
    return static_cast<std::size_t>(member - members_.begin());
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = std::hash<std::string_view>()(key) & mask; slots_[slot] != 0;
       slot = (slot + 1) & mask) {
    if (members_[slots_[slot] - 1].first == key) return slots_[slot] - 1;
  }
  return members_.size();
}

/// Enters the member at `position`; false when its key is in the table.
bool Json::Object::index(std::size_t position) {
  const std::string& key = members_[position].first;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(key) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (members_[slots_[slot] - 1].first == key) return false;
  }
  slots_[slot] = static_cast<std::uint32_t>(position + 1);
  return true;
}

/// Makes the table, if there are many members, so large that it stays at most half full until they have
/// doubled. False when a key in it is repeated.
bool Json::Object::rebuild_index() {
  slots_.clear();
  if (members_.size() < many_members) return true;
  std::size_t size = 4 * many_members;
  while (size < 4 * members_.size()) size *= 2;
  slots_.resize(size);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!index(i)) return false;
  }
  return true;
}

const Json* Json::Object::find(std::string_view key) const {
  const std::size_t position = find_index(key);
  return position == members_.size() ? nullptr : &members_[position].second;
}

Json* Json::Object::find(std::string_view key) {
  return const_cast<Json*>(static_cast<const Object*>(this)->find(key));
}

void Json::Object::set(std::string key, Json value) {
  if (Json* present = find(key)) {
    *present = std::move(value);
    return;
  }
  members_.emplace_back(std::move(key), std::move(value));
  if (2 * members_.size() > slots_.size()) {
    rebuild_index();
  } else {
    index(members_.size() - 1);
  }
}

void Json::Object::append(Object&& other) {
  for (auto& [key, value] : other.members_) set(std::move(key), std::move(value));
}

bool Json::Object::erase(std::string_view key) {
  const std::size_t position = find_index(key);
  if (position == members_.size()) return false;
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(position));
  rebuild_index();
  return true;
}

bool Json::Object::operator==(const Object& other) const {
  if (members_.size() != other.members_.size()) return false;
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    const Json* value = other.find(member.first);
    return value != nullptr && *value == member.second;
  });
}

}  // namespace unio
