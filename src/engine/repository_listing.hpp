#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/registry.hpp"
#include "model/physical_key.hpp"

namespace unio {

// How the catalogue of a registry learns of the repositories that lie in it (docs/formats/feed.md).

/// The registry that a repository lies in, and the key of its index there.
struct RepositoryHome {
  Registry registry;
  std::string index_key;
};

/// The nearest place at or above the folder of `index` that is a registry or is known to become one; where
/// there is none, the folder itself. `known` has URLs of registries. Asks for one object per place until it
/// is found.
RepositoryHome find_home(const PhysicalKey& index, const std::vector<std::string>& known,
                         const Context& context);

/// A version of a value, by its name and number.
using VersionName = std::pair<std::string, std::int64_t>;

/// Tells a registry of one change of a repository's index: announced before, listed in the feed after it. Who
/// may save values need not be allowed to write in the registry around them: what is not listed then is said
/// in a warning.
class RepositoryListing {
 public:
  /// Knows from here on what the registry's service can do, where services differ; nothing else is written.
  /// Null where this user, or this version, cannot write there.
  static std::unique_ptr<RepositoryListing> open(RepositoryHome home, const Context& context);

  ObjectStore& store() const { return home_.registry.store(); }
  /// What the keys of the repository begin with in the registry: "models/", or nothing.
  std::string folder() const { return home_.index_key.substr(0, home_.index_key.rfind('/') + 1); }

  /// Before the index changes: from here on somebody lists it, whatever happens to this process. False where
  /// this cannot be written.
  bool announce();
  /// After it changed in these versions; none: in any.
  void list(const std::vector<VersionName>& versions);

 private:
  RepositoryListing(RepositoryHome home, const Context& context);
  void write_announcement();
  Json entry() const;

  RepositoryHome home_;
  const Context& context_;
  std::string id_;  ///< of the announcement
};

}  // namespace unio
