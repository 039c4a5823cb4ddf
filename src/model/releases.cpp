#include "model/releases.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "model/json_list.hpp"
#include "model/logical_key.hpp"
#include "model/repository_versions.hpp"
#include "model/time_span.hpp"

namespace unio {
namespace {

std::pair<std::string, std::int64_t> read_pair(const Json& json) {
  const Json::Array* pair = json.if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || (*pair)[1].if_integer() == nullptr)
    throw Error(ErrorCode::corruption, "one of its 'artifacts' is no name and number");
  return {*(*pair)[0].if_string(), *(*pair)[1].if_integer()};
}

Release read_release(std::string_view text) {
  const Json json = Json::parse(text);
  Release release{.tag = json.get_string("tag"), .versions = {}, .created = {}};
  release.created = parse_time_span(json.get_string("created_at")).first;
  const Json* versions = json.find("artifacts");
  if (versions == nullptr || !versions->is_array())
    throw Error(ErrorCode::corruption, "'artifacts' is missing or no list");
  for (const Json& pair : *versions->if_array()) release.versions.push_back(read_pair(pair));
  return release;
}

std::string release_text(const Release& release) {
  Json::Array versions;
  for (const auto& [name, number] : release.versions) {
    Json::Array pair;
    pair.emplace_back(name);
    pair.emplace_back(number);
    versions.emplace_back(std::move(pair));
  }
  Json::Object members;
  members.set("artifacts", std::move(versions));
  members.set("created_at", format_naive_time(release.created));
  members.set("tag", release.tag);
  return json_list_object(members);
}

}  // namespace

Releases Releases::parse(std::string_view text) {
  Releases releases;
  for (const std::string_view element : split_json_list(text)) {
    try {
      releases.releases_.push_back(read_release(element));
    } catch (const Error& error) {
      throw Error(ErrorCode::corruption,
                  fmt::format("release {}: {}", releases.releases_.size(), error.message()), error.hint());
    }
    releases.texts_.emplace_back(element);
  }
  return releases;
}

std::string Releases::dump() const {
  return join_json_list(std::vector<std::string_view>(texts_.begin(), texts_.end()));
}

const Release& Releases::get(std::string_view tag) const {
  const auto found = std::find_if(releases_.begin(), releases_.end(),
                                  [&](const Release& release) { return release.tag == tag; });
  if (found != releases_.end()) return *found;
  std::vector<std::string> tags;
  for (const Release& release : releases_) tags.push_back(release.tag);
  const auto near = nearest(tag, tags);
  throw Error(ErrorCode::not_found, fmt::format("no release {}", quoted_key(tag)),
              near ? fmt::format("did you mean {}?", quoted_key(*near)) : "unio repo release lists them");
}

void Releases::append(Release release) {
  if (release.tag.empty()) throw Error(ErrorCode::invalid_argument, "a release needs a tag");
  for (const Release& present : releases_) {
    if (present.tag == release.tag)
      throw Error(ErrorCode::already_exists, fmt::format("there is a release {}", quoted_key(release.tag)),
                  "a release never changes: choose another tag");
  }
  texts_.push_back(release_text(release));
  releases_.push_back(std::move(release));
}

Release make_release(const RepositoryIndex& index, std::string tag, Time now) {
  Release release{.tag = std::move(tag), .versions = {}, .created = now};
  for (const std::string& name : index.names()) {
    const auto positions = index.versions_of(name);
    const auto newest = std::find_if(positions.rbegin(), positions.rend(), [&](std::size_t position) {
      return !index.versions()[position].is_expired(now);
    });
    if (newest != positions.rend()) release.versions.emplace_back(name, index.versions()[*newest].version);
  }
  return release;
}

}  // namespace unio
