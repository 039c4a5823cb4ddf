#include "engine/browse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "engine/content.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::uint64_t readme_limit = std::uint64_t{64} << 10;
constexpr std::size_t readme_lines = 12;

std::string as_folder(const std::string& folder) {
  if (folder.empty() || folder == "." || folder == "/") return {};
  return folder.ends_with('/') ? folder : folder + "/";
}

/// `folder` ends in a slash, or is the root; an entry of this name is no folder.
std::pair<std::size_t, std::size_t> entries_in(const Manifest& manifest, const std::string& folder) {
  const auto [first, last] = manifest.range(folder);
  if (first < last && manifest[first].logical_key().size() < folder.size()) return {last, last};
  return {first, last};
}

/// Adds the blocks that were not read to the folders that all of their entries are in.
void add_left_out(std::vector<Listing>& listing, const std::vector<ManifestBlock>& left_out,
                  const std::string& folder) {
  auto item = listing.begin();
  for (const ManifestBlock& block : left_out) {
    if (!block.first_key.starts_with(folder)) continue;
    const auto holds = [&](const Listing& l) { return l.folder && block.first_key.starts_with(l.key); };
    item = std::find_if(item, listing.end(), holds);
    if (item == listing.end()) return;
    item->size += block.bytes;
    item->entries += block.entries;
  }
}

struct RevisionRecord {
  Json json;
  Time created{};
};

/// A record that cannot be read only costs what it tells.
std::optional<RevisionRecord> read_revision(const Registry& registry, const PackageName& name,
                                            const std::string& key, const Context& context) {
  try {
    auto record = find_record(registry.store(), key);
    if (!record || record->json.get_string("package") != name.text()) return std::nullopt;
    const Time created = parse_time(record->json.get_string("created"));
    return RevisionRecord{std::move(record->json), created};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corruption && error.code() != ErrorCode::invalid_argument) throw;
    context.progress.warn(fmt::format("'{}' in '{}', which says who published '{}', cannot be read", key,
                                      registry.url(), name.text()));
    return std::nullopt;
  }
}

std::optional<std::string> link_in(const Json& user_meta, std::string_view member) {
  const Json* value = user_meta.find(member);
  if (value == nullptr || value->if_string() == nullptr) return std::nullopt;
  return *value->if_string();
}

std::vector<std::string> tags_at(const Registry& registry, const PackageName& name,
                                 const std::string& top_hash) {
  std::vector<std::string> tags;
  for (const Pointer& pointer : registry.pointers(name)) {
    if (pointer.top_hash == top_hash && !is_timestamp(pointer.name)) tags.push_back(pointer.name);
  }
  return tags;
}

std::string first_lines(const std::string& text) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < readme_lines && end < text.size(); ++line) {
    const auto next = text.find('\n', end);
    end = next == std::string::npos ? text.size() : next + 1;
  }
  return text.substr(0, end);
}

/// The first lines of a README; one that is too large or cannot be read is left out, since it only decorates.
std::string readme_start(const OpenedPackage& package, const std::string& key, const Context& context) {
  const EntryView entry = package.manifest[*package.manifest.find(key)];
  if (entry.size() > readme_limit) return {};
  std::string text;
  try {
    read_entry(package.registry, context, entry, [&](Bytes bytes) { text += as_text(bytes); });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    context.progress.warn(error.what());
    return {};
  }
  return first_lines(text);
}

}  // namespace

Error no_entry(const PackageName& name, const Manifest& manifest, const std::string& key) {
  std::vector<std::string> keys;
  constexpr std::size_t compared_at_most = 10'000;
  for (std::size_t i = 0; i < std::min(manifest.size(), compared_at_most); ++i) {
    keys.emplace_back(manifest[i].logical_key());
  }
  const auto near = nearest(key, keys);
  return Error(ErrorCode::not_found, fmt::format("package '{}' has no '{}'", name.text(), key),
               near ? fmt::format("did you mean '{}'?", *near)
                    : fmt::format("unio ls {} shows what it has", name.text()));
}

std::optional<Json> find_revision(const Registry& registry, const PackageName& name,
                                  const std::string& top_hash, std::optional<std::int64_t> until,
                                  const Context& context) {
  std::optional<RevisionRecord> newest;
  for_each_object(registry.store(), layout::revisions(top_hash), [&](const ObjectInfo& object) {
    auto record = read_revision(registry, name, object.key, context);
    if (!record || (until && unix_seconds(record->created) > *until)) return;
    if (!newest || newest->created < record->created) newest = std::move(record);
  });
  return newest ? std::optional(std::move(newest->json)) : std::nullopt;
}

std::vector<Listing> list_entries(const OpenedPackage& package, const std::string& wanted, Depth depth) {
  const Manifest& manifest = package.manifest;
  const std::string folder = as_folder(wanted);
  if (const auto entry = manifest.find(wanted)) {
    return {{std::string(manifest[*entry].logical_key()), false, manifest[*entry].size(), 1}};
  }
  const auto [first, last] = entries_in(manifest, folder);
  if (first == last && !folder.empty()) throw no_entry(package.name, package.manifest, wanted);
  std::vector<Listing> result;
  for (std::size_t i = first; i < last; ++i) {
    const EntryView entry = manifest[i];
    const std::string_view key = entry.logical_key();
    const auto slash = key.find('/', folder.size());
    if (depth == Depth::all || slash == std::string_view::npos) {
      result.push_back({std::string(key), false, entry.size(), 1});
      continue;
    }
    const std::string_view below = key.substr(0, slash + 1);
    if (result.empty() || result.back().key != below) result.push_back({std::string(below), true, 0, 0});
    result.back().size += entry.size();
    result.back().entries += 1;
  }
  add_left_out(result, package.left_out, folder);
  return result;
}

std::vector<PackageListing> list_packages(const Registry& registry) {
  std::vector<PackageListing> result;
  for (const PackageName& name : registry.packages()) {
    PackageListing listing{.name = name.text(), .top_hash = {}, .tags = {}, .revisions = 0, .newest = {}};
    for (const Pointer& pointer : registry.pointers(name)) {
      if (const auto second = find_second(pointer.name)) {
        listing.revisions += 1;
        listing.newest = std::max(listing.newest.value_or(*second), *second);
      } else if (pointer.name == "latest") {
        listing.top_hash = pointer.top_hash;
      } else {
        listing.tags.push_back(pointer.name);
      }
    }
    result.push_back(std::move(listing));
  }
  return result;
}

void cat(const OpenedPackage& package, const std::string& key, const Context& context, const ByteSink& sink) {
  const auto index = package.manifest.find(key);
  if (!index) {
    const auto [first, last] = entries_in(package.manifest, as_folder(key));
    if (first == last) throw no_entry(package.name, package.manifest, key);
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' of package '{}' is a folder", key, package.name.text()),
                fmt::format("unio ls {} shows what is in it", package.name.text()));
  }
  read_entry(package.registry, context, package.manifest[*index], sink);
}

PackageDetails package_details(const OpenedPackage& package, const Context& context) {
  const Manifest& manifest = package.manifest;
  PackageDetails details;
  details.name = package.name.text();
  details.top_hash = package.top_hash;
  details.registry = package.registry.url();
  details.manifest_url = package.registry.manifest_url(package.top_hash);
  details.tags = tags_at(package.registry, package.name, package.top_hash);
  details.message = manifest.message();
  details.user_meta = manifest.user_meta();
  details.entries = manifest.size();
  details.bytes = manifest.total_bytes();
  for (const ManifestBlock& block : package.left_out) {
    details.entries += block.entries;
    details.bytes += block.bytes;
  }
  details.revision = find_revision(package.registry, package.name, package.top_hash, std::nullopt, context);
  details.readme_key = find_readme(manifest);
  if (details.readme_key) details.readme_start = readme_start(package, *details.readme_key, context);
  details.contact = link_in(details.user_meta, "contact");
  details.discussion = link_in(details.user_meta, "discussion");
  return details;
}

EntryDetails entry_details(const OpenedPackage& package, const std::string& key) {
  const Manifest& manifest = package.manifest;
  EntryDetails details;
  details.key = key;
  if (const auto index = manifest.find(key)) {
    const EntryView entry = manifest[*index];
    details.url = entry.physical_key();
    details.size = entry.size();
    details.entries = 1;
    details.meta = Json::parse(entry.meta());
    if (const auto digest = entry.digest()) {
      details.digest_type = name(digest->type);
      details.digest = digest->text();
    }
    return details;
  }
  const std::string folder = as_folder(key);
  const auto [first, last] = entries_in(manifest, folder);
  if (first == last) throw no_entry(package.name, package.manifest, key);
  details.key = folder;
  details.folder = true;
  details.entries = last - first;
  for (std::size_t i = first; i < last; ++i) details.size += manifest[i].size();
  for (const ManifestBlock& block : package.left_out) {
    if (!block.first_key.starts_with(folder)) continue;
    details.entries += block.entries;
    details.size += block.bytes;
  }
  for (const auto& [name, meta] : manifest.folder_meta()) {
    if (name == folder) details.meta = meta;
  }
  return details;
}

std::span<const std::string> readme_keys() {
  static const std::array<std::string, 5> keys{"README.md", "README.txt", "README.rst", "README",
                                               "README.ipynb"};
  return keys;
}

std::optional<std::string> find_readme(const Manifest& manifest) {
  for (const std::string& key : readme_keys()) {
    if (manifest.find(key)) return key;
  }
  return std::nullopt;
}

}  // namespace unio
