#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/catalog_batches.hpp"
#include "engine/repository_listing.hpp"
#include "model/repository_index.hpp"

namespace unio {

// The versions of a registry's repositories, as documents that a catalogue searches (docs/finding.md).

/// "models/repository.json#weights@v3": names the version of a value in the registry; `#` in the key of the
/// index, and what URLs encode, becomes %XX.
std::string value_id(std::string_view index_key, std::string_view name, std::int64_t version);
/// Whether the text has the form of one.
bool is_value_id(std::string_view id);

/// `seen` is when the index was read: of two documents of a version the later view counts.
CatalogDocument value_document(std::string_view index_key, const ValueVersion& version, Time seen);

/// What a feed says of one repository.
struct TouchedRepository {
  std::set<VersionName> versions;
  bool all = false;  ///< any may have changed, or be there no more
};

/// Gathers what the feed says of repositories, and brings their documents up to date.
class RepositoryUpdates {
 public:
  RepositoryUpdates(const Registry& registry, Catalog& catalog, CatalogBatches& batches,
                    const Context& context)
      : registry_(registry), catalog_(catalog), batches_(batches), context_(context) {}

  /// Error corruption or invalid_argument for an entry that is none.
  void take(const Json& record);
  void put();

 private:
  void put_touched(const std::string& index_key, const TouchedRepository& touched);
  void put_deleted(const std::string& index_key, const RepositoryIndex& index, Time seen);

  const Registry& registry_;
  Catalog& catalog_;
  CatalogBatches& batches_;
  const Context& context_;
  std::map<std::string, TouchedRepository> touched_;
};

/// The keys of the indexes of all repositories in a registry: those that Unio saved, and each
/// `repository.json` at the top and up to two folders below it, whoever wrote that. Repositories of a
/// registry further below are not among them.
std::vector<std::string> find_repositories(const Registry& registry, const Context& context);

/// Puts all versions of a repository into a catalogue; an index that cannot be read is left out with a
/// warning.
void put_values(const Registry& registry, const std::string& index_key, CatalogBatches& batches,
                const Context& context);

}  // namespace unio
