#include "model/repository_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "model/json_list.hpp"
#include "model/logical_key.hpp"
#include "model/time_span.hpp"

namespace unio {
namespace {

constexpr std::int64_t known_schema = 1;
/// What every reader of JSON keeps exactly.
constexpr std::int64_t greatest_version = (std::int64_t{1} << 53) - 1;

[[noreturn]] void throw_corrupt(std::string_view what) {
  throw Error(ErrorCode::corruption, std::string(what), "correct the entry by hand, or restore the file");
}

Time get_time(std::string_view text, std::string_view member) {
  try {
    return parse_time_span(text).first;
  } catch (const Error&) {
    throw_corrupt(fmt::format("'{}' is no time: '{}'", member, text));
  }
}

/// Ours counts only while lazyscribe's own time agrees.
Time get_created(const Json& json, const Json* own) {
  const Time created = get_time(json.get_string("created_at"), "created_at");
  const auto exact = own != nullptr ? own->find_string("created") : std::nullopt;
  if (!exact) return created;
  const Time precise = get_time(*exact, "created");
  return unix_seconds(precise) == unix_seconds(created) ? precise : created;
}

void read_own(const Json& own, ValueVersion& version) {
  if (!own.is_object()) throw_corrupt("'unio' is no object");
  if (own.find("schema") != nullptr && own.get_integer("schema") != known_schema) {
    throw Error(ErrorCode::unsupported,
                fmt::format("'unio' has the schema {}, and this version knows {}", own.get_integer("schema"),
                            known_schema),
                "install a newer unio");
  }
  if (const auto hex = own.find_string("sha256")) {
    Sha256Value digest;
    if (!parse_hex(*hex, digest)) throw_corrupt("'sha256' is no SHA-256");
    version.sha256 = digest;
  }
  if (own.find("size") == nullptr) return;
  const std::int64_t size = own.get_integer("size");
  if (size < 0) throw_corrupt("'size' is negative");
  version.size = static_cast<std::uint64_t>(size);
}

ValueVersion read_version(const std::shared_ptr<const std::string>& whole, std::string_view text) {
  const Json json = Json::parse(text);
  if (!json.is_object()) throw_corrupt("it is no object");
  const Json* own = json.find("unio");
  ValueVersion version{.name = json.get_string("name"),
                       .version = json.get_integer("version"),
                       .handler = json.get_string("handler"),
                       .file_name = json.get_string("fname"),
                       .text = SharedText(whole, text)};
  if (version.version < 0) throw_corrupt("'version' is negative");
  if (version.version > greatest_version) throw_corrupt("'version' is too large");
  if (own != nullptr) read_own(*own, version);
  version.created = get_created(json, own);
  if (const auto expiry = json.find_string("expiry")) version.expiry = get_time(*expiry, "expiry");
  return version;
}

/// The entry's name for a message, if it has one.
std::string entry_name(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    const auto name = json.find_string("name");
    return name ? fmt::format(" ({})", quoted_key(*name)) : "";
  } catch (const Error&) {
    return "";
  }
}

Json expiry_json(const std::optional<Time>& expiry) {
  return expiry ? Json(format_naive_time(*expiry)) : Json();
}

std::string exact_time(Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:06}Z", format_naive_time(time), (time - second).count());
}

Json own_members(const NewVersion& version) {
  Json own = Json::object({{"created", exact_time(version.created)}});
  if (version.sha256) own.set("sha256", to_hex(*version.sha256));
  if (version.size) own.set("size", *version.size);
  return own;
}

Json::Object to_members(const NewVersion& version, std::int64_t number) {
  Json::Object members = version.fields;
  members.set("created_at", format_naive_time(version.created));
  members.set("expiry", expiry_json(version.expiry));
  members.set("fname", version.file_name);
  members.set("handler", version.handler);
  members.set("name", version.name);
  members.set("unio", own_members(version));
  members.set("version", number);
  return members;
}

}  // namespace

Json::Object ValueVersion::members() const {
  return *Json::parse(text).if_object();
}

RepositoryIndex RepositoryIndex::parse(std::string text) {
  RepositoryIndex index;
  index.remember(std::move(text));
  const std::vector<std::string_view> entries = split_json_list(*index.whole_);
  index.versions_.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    try {
      index.add(read_version(index.whole_, entries[i]));
    } catch (const Error& error) {
      const std::string what = fmt::format("entry {}{}: {}", i, entry_name(entries[i]), error.message());
      if (error.code() == ErrorCode::unsupported) throw Error(error.code(), what, error.hint());
      throw_corrupt(what);
    }
  }
  index.check_numbers();
  return index;
}

void RepositoryIndex::check_numbers() const {
  for (const auto& [name, known] : names_) {
    std::vector<std::pair<std::int64_t, std::size_t>> numbers;
    for (const std::size_t position : known.positions)
      numbers.emplace_back(versions_[position].version, position);
    std::sort(numbers.begin(), numbers.end());
    const auto twice = std::adjacent_find(numbers.begin(), numbers.end(),
                                          [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice == numbers.end()) continue;
    throw_corrupt(fmt::format("entry {} ({}): version {} stands twice, first as entry {}",
                              std::next(twice)->second, quoted_key(name), twice->first, twice->second));
  }
}

std::string RepositoryIndex::dump() const {
  std::vector<std::string_view> texts;
  texts.reserve(versions_.size());
  for (const ValueVersion& version : versions_) texts.push_back(version.text);
  return join_json_list(texts);
}

std::vector<std::string> RepositoryIndex::names() const {
  std::vector<std::string> all;
  for (const auto& [name, known] : names_) all.push_back(name);
  return all;
}

std::vector<std::size_t> RepositoryIndex::versions_of(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return {};
  std::vector<std::size_t> positions = found->second.positions;
  std::stable_sort(positions.begin(), positions.end(), [this](std::size_t a, std::size_t b) {
    return versions_[a].created < versions_[b].created;
  });
  return positions;
}

std::optional<std::size_t> RepositoryIndex::find(std::string_view name, std::int64_t version) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  for (const std::size_t position : found->second.positions) {
    if (versions_[position].version == version) return position;
  }
  return std::nullopt;
}

void RepositoryIndex::add(ValueVersion version) {
  Name& known = names_[version.name];
  known.next = std::max(known.next, version.version + 1);
  if (known.positions.empty() || version.created > known.newest) known.newest = version.created;
  known.positions.push_back(versions_.size());
  versions_.push_back(std::move(version));
}

std::size_t RepositoryIndex::append(NewVersion version) {
  const auto found = names_.find(version.name);
  std::int64_t number = 0;
  if (found != names_.end()) {
    number = found->second.next;
    version.created = std::max(version.created, found->second.newest + std::chrono::microseconds(1));
  }
  // A file keeps whole seconds of it, and what is expired now must be so when it is read again.
  if (version.expiry) version.expiry = std::chrono::floor<std::chrono::seconds>(*version.expiry);
  add(ValueVersion{.name = version.name,
                   .version = number,
                   .handler = version.handler,
                   .file_name = version.file_name,
                   .created = version.created,
                   .expiry = version.expiry,
                   .sha256 = version.sha256,
                   .size = version.size,
                   .text = SharedText(json_list_object(to_members(version, number)))});
  whole_.reset();
  return versions_.size() - 1;
}

void RepositoryIndex::set_expiry(std::size_t position, std::optional<Time> expiry) {
  ValueVersion& version = versions_.at(position);
  if (expiry) expiry = std::chrono::floor<std::chrono::seconds>(*expiry);
  Json::Object members = version.members();
  members.set("expiry", expiry_json(expiry));
  version.expiry = expiry;
  version.text = SharedText(json_list_object(members));
  whole_.reset();
}

}  // namespace unio
