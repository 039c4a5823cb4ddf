#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "engine/registry.hpp"

namespace unio {

/// One line of `ls`: an entry, or a folder with what it holds.
struct Listing {
  std::string key;  ///< full logical key; a folder's ends in a slash
  bool folder = false;
  std::uint64_t size = 0;     ///< of everything in a folder
  std::uint64_t entries = 1;  ///< in a folder
};

/// How deep `list_entries` goes.
enum class Depth { one_level, all };

/// What is in `folder` ("" is the root). Error not_found with the nearest key.
std::vector<Listing> list_entries(const OpenedPackage& package, const std::string& folder, Depth depth);

struct PackageListing {
  std::string name;
  std::string top_hash;  ///< of latest
  std::vector<std::string> tags;
  std::size_t revisions = 0;
  std::optional<std::int64_t> newest;  ///< Unix second of the newest revision
};

/// The packages of a registry.
std::vector<PackageListing> list_packages(const Registry& registry);

/// Streams an entry, verified. Error invalid_argument for a folder.
void cat(const OpenedPackage& package, const std::string& key, const Context& context, const ByteSink& sink);

/// What `show` tells of a package.
struct PackageDetails {
  std::string name;
  std::string top_hash;
  std::string registry;
  std::string manifest_url;
  std::vector<std::string> tags;  ///< pointing at this revision, `latest` included
  std::optional<std::string> message;
  Json user_meta;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  std::optional<Json> revision;  ///< the newest record of this revision
  std::optional<std::string> readme_key;
  std::string readme_start;               ///< its first lines
  std::optional<std::string> contact;     ///< from the user metadata
  std::optional<std::string> discussion;  ///< from the user metadata
};
PackageDetails package_details(const OpenedPackage& package, const Context& context);

/// The newest record of who published this top hash under this name, when, and with what; with `until`, the
/// newest made up to the end of that Unix second. Absent for what other tools published; a damaged record is
/// left out, with a warning.
std::optional<Json> find_revision(const Registry& registry, const PackageName& name,
                                  const std::string& top_hash, std::optional<std::int64_t> until,
                                  const Context& context);

/// What `show REF KEY` tells of an entry or a folder.
struct EntryDetails {
  std::string key;
  bool folder = false;
  std::string url;
  std::uint64_t size = 0;
  std::string digest_type;
  std::string digest;
  Json meta;
  std::uint64_t entries = 0;
};
EntryDetails entry_details(const OpenedPackage& package, const std::string& key);

/// The Error not_found for a key that a package does not have, with the nearest one.
Error no_entry(const PackageName& name, const Manifest& manifest, const std::string& key);

/// The README at the root of a package: "README.md", which is the only one that quilt3 knows, else "README"
/// with another ending or none.
std::optional<std::string> find_readme(const Manifest& manifest);
/// What it may be called, in that order.
std::span<const std::string> readme_keys();

}  // namespace unio
