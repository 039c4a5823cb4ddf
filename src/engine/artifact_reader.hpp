#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry.hpp"
#include "model/artifact.hpp"

namespace unio {

/// An artifact as it is in a registry: where its folder is, and what the newest revision of its metadata
/// says.
struct OpenedArtifact {
  std::string folder;
  ArtifactRecord record;
};

/// The artifact in this folder, whose key a catalogue or the feed knows. Error not_found; corruption when
/// what is there says that it is another one.
OpenedArtifact open_artifact(const Registry& registry, const std::string& folder);

/// The artifact with this id, or whose id alone begins so, as the feed has it: one listing and a request,
/// whatever the registry's size, once old entries are compacted. Error not_found; invalid_argument that names
/// them when several ids begin so, or for what can be the beginning of none.
OpenedArtifact get_artifact(const Registry& registry, std::string_view id, const Context& context);

/// Of which part of an artifact: what was saved, or what was logged beside it.
enum class ArtifactPart { files, logs };

/// Error not_found that lists near names.
const ArtifactFile& get_file(const OpenedArtifact& artifact, std::string_view relpath,
                             ArtifactPart part = ArtifactPart::files);

/// The key of the file's bytes, wherever they are.
std::string file_key(const OpenedArtifact& artifact, const ArtifactFile& file,
                     ArtifactPart part = ArtifactPart::files);
/// Where other programs open it: a path in a folder, "s3://bucket/key" in a bucket.
std::string file_url(const Registry& registry, const OpenedArtifact& artifact, const ArtifactFile& file,
                     ArtifactPart part = ArtifactPart::files);

/// Streams a file, compared with its size and SHA-256 when the last byte came: a difference is Error
/// corruption. What `sink` got before must not be believed until this returns.
void read_file(const Registry& registry, const OpenedArtifact& artifact, const ArtifactFile& file,
               const Context& context, const ByteSink& sink, ArtifactPart part = ArtifactPart::files);

/// The same for what has this key, wherever that is.
void read_recorded(const Registry& registry, const std::string& key, const ArtifactFile& recorded,
                   const Context& context, const ByteSink& sink);

struct DownloadOptions {
  std::filesystem::path folder = ".";  ///< made when missing
  /// Relpaths; empty: all files.
  std::vector<std::string> relpaths = {};
  /// The name of a single file below the folder; empty: its relpath.
  std::string name = {};
  ArtifactPart part = ArtifactPart::files;
  enum class Overwrite { no, yes };
  /// A file with the same content may always stand there already.
  Overwrite overwrite = Overwrite::no;
};

struct Downloaded {
  std::vector<std::filesystem::path> paths;  ///< in the order of the relpaths
  std::uint64_t bytes = 0;
};

/// Downloads files below a folder, each under its relpath (or the one under `name`), and never outside of it,
/// whatever links stand there. A file appears under its name only when it is whole and right. Errors: those
/// of read_file; already_exists for other content in the way; permission_denied for a link.
Downloaded download(const Registry& registry, const OpenedArtifact& artifact, const DownloadOptions& options,
                    const Context& context);

}  // namespace unio
