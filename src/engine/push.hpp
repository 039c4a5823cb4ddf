#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "engine/build.hpp"
#include "engine/capture.hpp"
#include "engine/context.hpp"
#include "engine/publish.hpp"
#include "workspace/workspace.hpp"

namespace unio {

/// Publishing a workspace: `push_data`, `push_manifest`, and both at once as `push`. The workspace must be
/// locked.

struct PushDataOptions {
  /// Put entries under `prefix + logical key` (a leading slash is dropped) instead of content-addressed keys.
  std::optional<std::string> prefix;
  /// Leave entries whose bytes are in another place than this machine where they are.
  bool local_files_only = false;
};

/// What happened to the entries of one source or place; for the lines "Pushing ./a/ to s3://bucket/a/...".
struct PushedGroup {
  enum class Action { pushed, copied };
  Action action = Action::pushed;
  std::string from;  ///< "./train2017/", or the URL of a folder
  std::string to;    ///< the URL of the folder or object
  bool folder = false;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t already_there = 0;  ///< of `files`, how many the registry had
};

struct PushDataResult {
  std::vector<PushedGroup> groups;
  /// Keys that went to content-addressed objects because other bytes stand under the prefix.
  std::vector<std::string> displaced;
  std::vector<std::string> secrets;  ///< keys of pushed files that look like secrets
  std::uint64_t stored_objects = 0;  ///< objects that the registry did not have
};

/// Puts the data of the builder's entries into the registry and makes the entries point there. Builds first
/// what is not built. Content that stands already is not written again: under a prefix that is what reading
/// it, or the store's checksum, says, never its size alone. Nothing is overwritten.
///
/// What the registry should have and has lost is put there again from its sources.
///
/// Error failed_precondition when a source no longer has the content that was built.
PushDataResult push_data(Workspace& workspace, const PushDataOptions& options, const Context& context);

struct PushManifestOptions {
  std::optional<std::string> tag;
  std::optional<std::string> message;
  std::optional<Json> meta;
  Force force = Force::no;
  /// Publish although entries point at files of this machine.
  bool allow_local_files = false;
  /// What is recorded of the surroundings.
  CaptureOptions capture = {.level = CaptureLevel::references};
  /// Ids of what it was made from besides the parents that the builder knows.
  std::vector<std::string> based_on = {};
};

struct PushResult {
  std::string top_hash;
  std::string manifest_url;
  bool built = false;      ///< the manifest had to be built
  bool published = false;  ///< false: the registry had this revision as latest and under the tag
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  bool only_tagged = false;  ///< the revision was published before; only the tag moved
  bool has_readme = false;
  std::uint64_t stored_objects = 0;  ///< objects that the registry did not have
  PushDataResult data;
  BuildResult build;
};

/// Publishes the manifest. Error failed_precondition when entries point at local files and that is not
/// allowed.
PushResult push_manifest(Workspace& workspace, const PushManifestOptions& options, const Context& context);

/// Builds, pushes data and publishes in one go, reading each changed file once. With `keep_pointers`
/// (--no-copy) entries whose bytes are elsewhere in a store stay pointers; otherwise they are copied into the
/// registry.
struct PushOptions : PushManifestOptions {
  std::optional<std::string> prefix;
  bool keep_pointers = false;
};
PushResult push(Workspace& workspace, const PushOptions& options, const Context& context);

}  // namespace unio
