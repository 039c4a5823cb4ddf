#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "engine/context.hpp"
#include "engine/retention_policy.hpp"
#include "model/manifest.hpp"
#include "model/manifest_index.hpp"
#include "model/package_ref.hpp"

namespace unio {

/// A name that points at a revision: `latest`, a tag, or the Unix second of a publication.
struct Pointer {
  std::string name;
  std::string top_hash;
  std::string etag;  ///< for moving it by compare-and-swap
  Time modified{};   ///< by the clock of the store
};

/// One of the JSON records that Unio keeps in a registry; absent when there is none. Error corruption that
/// names the key when it is no JSON.
struct Record {
  Json json;
  std::string etag;
};
std::optional<Record> find_record(ObjectStore& store, const std::string& key);

/// The packages in one store: where their manifests and pointers are, and how versions are found. Reads only;
/// what changes a registry is in publish.hpp and pointer_moves.hpp. Thread-safe; borrows store and context.
class Registry {
 public:
  Registry(ObjectStore& store, const Context& context)
      : store_(store), url_(store.url()), root_(url_ + "/"), context_(context) {}

  ObjectStore& store() const { return store_; }
  const std::string& url() const { return url_; }
  /// The URL with a slash at its end: what the URLs of all that is in the registry begin with.
  const std::string& root() const { return root_; }

  /// Where other programs open what has this key: a path in a folder, "s3://bucket/key" in a bucket.
  std::string place_of(const std::string& key) const;

  std::optional<Pointer> find_pointer(const PackageName& name, std::string_view pointer) const;

  /// The names of all pointers of a package, in order; unread.
  std::vector<std::string> pointer_names(const PackageName& name) const;
  /// All pointers of a package, timestamps included, in order of their names. A damaged one is left out, with
  /// a warning.
  std::vector<Pointer> pointers(const PackageName& name) const;

  /// The names of all packages.
  std::vector<PackageName> packages() const;

  /// The full top hash that `version` means. Error not_found that lists near names; for a hash prefix that
  /// fits several manifests invalid_argument that names them.
  std::string resolve(const PackageName& name, const Version& version) const;

  /// The manifest with this top hash. Error not_found; corruption when its content hashes to something else.
  Manifest get_manifest(const std::string& top_hash) const;

  /// Error corruption when the content of a manifest hashes to something else than `top_hash`.
  Manifest check_manifest(const std::string& top_hash, Manifest manifest) const;

  /// URL of the manifest, for people.
  std::string manifest_url(std::string_view top_hash) const;

  /// What one listing tells of our own parts: whether there is anything to look at more closely.
  struct Overview {
    std::string format_etag;  ///< empty: no `.unio/format.json`, or not told
    bool has_intents = true;
    bool has_sessions = true;
  };
  Overview overview() const;

  /// Checks `.unio/format.json` before a write, and makes it when absent. Error unsupported when it requires
  /// what this version does not know. Where services differ, what this one can do is found out once and kept
  /// there; a warning says when several writers are not safe. Returns its etag; empty where each command has
  /// to look at it.
  std::string prepare_for_writing() const;
  /// Finds out again what the service can do, and keeps it. Absent where stores do not differ.
  std::optional<StoreCapabilities> probe() const;

  /// How what is published here is to be protected; a policy that was set for another place counts for
  /// nothing. Preparing for writing makes the store keep it. What `keep_retention` writes counts for all who
  /// prepare from then on.
  RetentionPolicy retention() const;
  void keep_retention(const RetentionPolicy& policy) const;

 private:
  std::string resolve_prefix(const PackageName& name, const std::string& prefix) const;
  [[noreturn]] void throw_no_version(const PackageName& name, const Version& version) const;
  [[noreturn]] void throw_no_package(const PackageName& name) const;

  // Of registry_format.cpp.
  std::optional<Record> find_format() const;
  Record keep_format(const std::optional<Record>& present,
                     const std::optional<StoreCapabilities>& able) const;
  StoreCapabilities probe_store(ProbedStore& probed) const;
  void adopt(ProbedStore& probed, const StoreCapabilities& able) const;
  RetentionPolicy policy_of(const Json& format) const;
  void adopt(const RetentionPolicy& policy) const;

  ObjectStore& store_;
  std::string url_;
  std::string root_;
  const Context& context_;
};

/// The Unix second that the name of a timestamp pointer tells; absent for tags and for digits that are no
/// second.
std::optional<std::int64_t> find_second(std::string_view pointer);

/// A resolved reference with its registry opened and its version found.
struct OpenedPackage {
  Registry registry;
  PackageName name;
  std::string top_hash;
  Manifest manifest;
  /// What was not read of the manifest's file (package_part.hpp); empty: the manifest is whole.
  std::vector<ManifestBlock> left_out;
};

OpenedPackage open_package(const ResolvedRef& ref, const Context& context);

}  // namespace unio
