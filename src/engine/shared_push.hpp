#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/json.hpp"
#include "engine/publish.hpp"
#include "engine/put_content.hpp"
#include "model/manifest.hpp"
#include "model/package_ref.hpp"

namespace unio {

/// A push in which many processes take part: each puts contents into the registry (put_contents) and tells
/// the one that holds this, which announced the push before the first and publishes one manifest at the end.
/// Destroyed without publishing: the objects stay until garbage is collected.
///
/// For one thread at a time. The context must live as long as this.
class SharedPush {
 public:
  /// Announces the push. A tag of `to` is the one to set. Error invalid_argument when it names a revision by
  /// its hash, or a tag that cannot be.
  SharedPush(ResolvedRef to, const Context& context);

  const Registry& registry() const { return registry_; }
  const ResolvedRef& to() const { return to_; }
  std::optional<std::string> tag() const {
    return to_.version.kind == Version::Kind::tag ? std::optional(to_.version.value) : std::nullopt;
  }

  struct NewEntry {
    std::string logical_key;
    StoredContent content;
    std::string meta;  ///< the entry's whole metadata as JSON text, spelled anyhow
  };
  /// Whether an entry was added with this key; rarely also true for one that only hashes alike, so that only
  /// hashes are kept.
  bool may_have(std::string_view logical_key) const;
  /// Error invalid_argument for a key or metadata that a manifest cannot have.
  void add(const NewEntry& entry);

  struct Publishing {
    std::vector<std::string> parents;
    std::optional<std::string> message;
    std::optional<Json> meta;
    Force force = Force::no;
    std::optional<RevisionSurroundings> surroundings = {};
  };
  struct Published {
    Manifest manifest;
    PublishResult result;
  };
  /// To be called once, after all entries were added. Error invalid_argument that names both keys for a
  /// repeated key and for a file where a folder is needed; others as publish().
  Published publish(const Publishing& publishing, const Context& context);

 private:
  ResolvedRef to_;
  Registry registry_;
  PushSession session_;
  ManifestBuilder entries_;
  std::unordered_set<std::size_t> hashes_;
};

}  // namespace unio
