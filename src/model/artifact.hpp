#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/random.hpp"

namespace unio {

using Texts = std::map<std::string, std::string, std::less<>>;

/// What a person says of an artifact.
struct ArtifactLabels {
  std::string datatype;
  std::string ticket;
  std::string project;
  std::string dataset;
  std::string description;
  Texts infos;

  bool operator==(const ArtifactLabels&) const = default;
  /// The text of that name; null pointer when there is none ("infos" is no text).
  std::string* find(std::string_view name);
  /// The names, sorted.
  static std::span<const std::string_view> names();
};

/// The git checkout that the process ran in.
struct ArtifactGit {
  std::string branch;
  std::string commit;
  std::string remote;  ///< without credentials
  bool dirty = false;

  bool operator==(const ArtifactGit&) const = default;
};

/// Who saved, where and with what: plain values that somebody else captured, and masked.
struct ArtifactEnvironment {
  std::string username;
  std::string hostname;
  std::string argv;
  Texts python_packages;
  std::optional<ArtifactGit> git;
  Texts system;  ///< `cpu`, `image`, `os`, `python`
  std::string capture = "off";
  std::uint64_t masked = 0;
  std::vector<std::string> left_out;  ///< one line each: what was too large, or could not be read

  bool operator==(const ArtifactEnvironment&) const = default;
};

/// One saved file, or one log.
struct ArtifactFile {
  std::string relpath;
  /// Absent in the records of others, which have none.
  std::optional<Sha256Value> sha256;
  std::optional<std::uint64_t> size;
  /// The key of the registry that has the bytes, when they are not in the artifact's own folder.
  std::optional<std::string> object;

  bool operator==(const ArtifactFile&) const = default;
};

/// What the record of a package's revision says of its surroundings (docs/formats/records.md), with the
/// members of metadata.yaml. Who and where is said beside it.
struct RevisionEnvironment {
  ArtifactEnvironment environment;
  std::vector<ArtifactFile> logs;  ///< ascending; `object` has the key of each

  bool operator==(const RevisionEnvironment&) const = default;

  /// Only what says something.
  Json document() const;
  /// Error corruption for what is none, as for metadata.yaml.
  static RevisionEnvironment parse(const Json& document);
};

/// What `metadata.yaml` says of an artifact (docs/formats/artifact.md). A value.
struct ArtifactRecord {
  std::string artifact_id;
  std::string run_id;
  Time creation_time{};
  ArtifactEnvironment environment;
  ArtifactLabels labels;
  std::vector<std::string> based_on;  ///< each once
  std::string local_root;
  std::string remote_root;
  std::vector<ArtifactFile> files;  ///< ascending
  std::vector<ArtifactFile> logs;   ///< ascending
  std::int64_t version = 1;         ///< of ElliptIO's part
  std::int64_t revision = 0;        ///< of the metadata
  std::optional<Time> revision_time;
  std::string revised_by;

  bool operator==(const ArtifactRecord&) const = default;

  const ArtifactFile* find_file(std::string_view relpath) const;
  const ArtifactFile* find_log(std::string_view name) const;

  /// The record as a document, with the keys of metadata.yaml: what catalogues search. Times are texts, as
  /// format_time writes them.
  Json document() const;
  /// The content of metadata.yaml.
  std::string yaml() const;
  /// Reads any metadata.yaml: ours fast, that of others exactly. Error corruption for what is none, and for
  /// names that must not become paths; unsupported for a newer version.
  static ArtifactRecord parse(std::string_view yaml);
  /// The same where it reads like what we write; absent for all else.
  static std::optional<ArtifactRecord> parse_simply(std::string_view yaml);
  /// The same by the exact reader alone, which takes longer and gives the same.
  static ArtifactRecord parse_exactly(std::string_view yaml);
};

/// "artifact_" and a random UUID, version 4.
std::string new_artifact_id(RandomSource& random);
/// "run_" and a random UUID.
std::string new_run_id(RandomSource& random);
/// Whether `text` is an artifact's id, or the beginning of one: "artifact_", hex digits and dashes.
bool is_artifact_id(std::string_view text);
bool is_artifact_id_prefix(std::string_view text);
/// The 32 hex digits of an artifact's UUID, or as many as its prefix has.
std::string artifact_digits(std::string_view id);

/// Error invalid_argument unless `user` may be a segment of an artifact's path.
void check_user_name(std::string_view user);
/// Error invalid_argument that names what is wrong: texts that are not UTF-8 or have a NUL, keys of infos
/// that are empty or longer than 255 bytes, `based_on` that are no ids.
void check_texts(const ArtifactRecord& record);

/// The paths of the files relative to the nearest folder that all of them lie in, in their order, each path
/// once. The paths are absolute and normal.
std::vector<std::string> relative_to_common_folder(std::span<const std::filesystem::path> files);

namespace layout {

inline constexpr std::string_view metadata_name = "metadata.yaml";

/// "YYYY/MM/DD/<user>/HHMMSS_<artifact id>": the key of an artifact's folder, without a slash at its end.
std::string artifact_folder(Time creation_time, std::string_view user, std::string_view artifact_id);
/// Whether `key` is such a folder.
bool is_artifact_folder(std::string_view key);
std::string artifact_file(std::string_view folder, std::string_view relpath);
std::string artifact_log(std::string_view folder, std::string_view name);
/// "metadata.yaml", or "metadata.<n>.yaml" for a later revision; and back, absent for other names.
std::string metadata_file(std::int64_t revision);
std::optional<std::int64_t> metadata_revision(std::string_view name);
/// ".unio/contents/<2 hex>/<sha256>.json"
std::string content_record(const Sha256Value& sha256);

}  // namespace layout
}  // namespace unio
