#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/artifact_reader.hpp"
#include "engine/registry.hpp"
#include "storage/retention_store.hpp"

namespace unio {

// How what was published is protected from removal and change (docs/retention.md).

/// What protects one object.
struct ObjectProtection {
  enum class State {
    retained,     ///< by the service, at this moment
    expired,      ///< it was
    unprotected,  ///< by nothing
    removed,      ///< nothing stands under its key, but its bytes are kept in an older version
    missing,
    read_only,  ///< a file that no program changes by mistake, and its owner can
  };
  ObjectVersion object;
  State state = State::missing;
  Retention retention;

  /// Whether nobody but those who may lift a hold, or bypass governance, can remove the bytes.
  bool holds() const { return state == State::retained; }
};

/// The objects of an artifact: files wherever their bytes are, logs, and metadata in every revision.
std::vector<ObjectVersion> objects_of(const OpenedArtifact& artifact);
/// Those of a package that lie in its registry: data, each once, manifest, records of its revisions and their
/// logs.
std::vector<ObjectVersion> objects_of(const OpenedPackage& package, const Context& context);

/// What protects each of them, in their order. Reads only.
std::vector<ObjectProtection> find_protection(const Registry& registry,
                                              std::span<const ObjectVersion> objects, const Context& context);

/// Sets the policy for all who publish in the registry from now on; what is there stays as it is. Error
/// unsupported where the place cannot protect anything, which is tried out first.
void set_retention(const Registry& registry, const RetentionPolicy& policy);

/// Protects objects that are there as the policy says of new ones, never shorter. Returns those that could
/// not be. Error failed_precondition without a policy.
std::vector<ObjectVersion> extend_retention(const Registry& registry, std::span<const ObjectVersion> objects);

// For operations that publish; nothing where the registry has no policy, or its place cannot protect.

/// Whether objects that are there are all protected now as new ones would be.
bool retain_shared(const Registry& registry, std::span<const ObjectVersion> objects);
enum class Kept { no, yes };
/// Warns when a service has not done for a new object what it was asked to do.
Kept check_retained(const Registry& registry, const std::string& key, const Context& context);
/// What belongs to one revision of a package beside its manifest.
struct RevisionObjects {
  std::string record;
  std::span<const ArtifactFile> logs;
};
/// What a new revision of a package uses is protected as long as the revision itself, as its record is. Warns
/// of what could not be.
void retain_package(const OpenedPackage& package, const RevisionObjects& revision, const Context& context);

/// One attack on the canary.
struct Attack {
  std::string what;  ///< "delete its version"
  bool held = false;
  std::string answer;  ///< the service's words, or what happened
};

struct RetentionProof {
  RetentionPolicy policy;
  std::string canary;   ///< the key of what was attacked; empty when nothing was
  std::string why_not;  ///< why there was nothing to prove
  std::vector<Attack> attacks;

  bool proved() const;
};

/// Attacks an object that is made for that, under the policy of the registry, with the rights of this user.
/// No other object is touched. The canary stays as long as the policy protects it.
RetentionProof prove_retention(const Registry& registry, const Context& context);

}  // namespace unio
