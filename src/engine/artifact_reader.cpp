#include "engine/artifact_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/threads.hpp"
#include "engine/feed.hpp"
#include "engine/publish.hpp"
#include "model/logical_key.hpp"
#include "workspace/safe_tree.hpp"

namespace unio {
namespace {

constexpr std::uint64_t longest_metadata = std::uint64_t{64} << 20;

Error no_artifact(const Registry& registry, std::string_view id) {
  return Error(ErrorCode::not_found, fmt::format("no artifact '{}' in '{}'", id, registry.url()),
               "unio find shows what there is");
}

/// The folders of the artifacts whose ids begin so, by their ids. Saves that died before the feed knew them
/// are looked for when there is none.
std::map<std::string, std::string> find_folders(const Registry& registry, std::string_view id,
                                                const Context& context) {
  std::map<std::string, std::string> folders;
  const std::string digits = artifact_digits(id);
  FeedQuery query{.after = {}, .wanted = [&](std::string_view op) { return op.starts_with(digits); }};
  const auto take = [&](const FeedEntry& entry) {
    if (entry.kind != "artifact") return;
    const auto artifact = entry.record.find_string("artifact");
    const auto folder = entry.record.find_string("folder");
    if (!artifact || !artifact->starts_with(id) || !folder || !layout::is_artifact_folder(*folder)) return;
    folders.insert_or_assign(*artifact, *folder);
  };
  const FeedReading reading = read_feed(registry, query, context, take);
  if (folders.empty()) {
    settle_saves(registry, context);
    query.after = reading.position;
    read_feed(registry, query, context, take);
  }
  tidy_feed(registry, reading, context);
  return folders;
}

const std::vector<ArtifactFile>& files_of(const OpenedArtifact& artifact, ArtifactPart part) {
  return part == ArtifactPart::files ? artifact.record.files : artifact.record.logs;
}

[[noreturn]] void throw_damaged(const std::string& url, std::string_view how) {
  throw Error(ErrorCode::corruption, fmt::format("'{}' is damaged: {}", url, how),
              "unio get takes the other files by --file; ask who saved it for this one");
}

/// Whether what stands there has the content of the file already.
bool has_content(SafeTree& tree, const std::string& name, const ArtifactFile& file) {
  if (!file.sha256) return false;
  File present = tree.open(name);
  Sha256 hash;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  while (const std::size_t count = present.read(piece)) hash.update(Bytes(piece).first(count));
  return hash.finish() == *file.sha256;
}

const std::string& local_name(const ArtifactFile& file, const DownloadOptions& options) {
  return options.name.empty() ? file.relpath : options.name;
}

/// One file, into a temporary one beside its place and then there.
void fetch(const Registry& registry, const OpenedArtifact& artifact, const ArtifactFile& file, SafeTree& tree,
           const DownloadOptions& options, const Context& context) {
  const std::string& name = local_name(file, options);
  const auto standing = tree.find(name);
  const bool overwrite = options.overwrite == DownloadOptions::Overwrite::yes;
  if (standing && S_ISREG(standing->st_mode) && has_content(tree, name, file)) return;
  if (standing && !overwrite) {
    throw Error(
        ErrorCode::already_exists,
        fmt::format("{} is there already, with other content", quoted_key((options.folder / name).native())),
        "download to another folder, or overwrite it with --force");
  }
  TemporaryFile temporary = tree.temporary();
  const auto write = [&](Bytes bytes) {
    temporary.file().write(bytes);
    context.progress.advance(0, bytes.size());
  };
  read_file(registry, artifact, file, context, write, options.part);
  temporary.file().sync();
  tree.place(std::move(temporary), name, overwrite ? SafeTree::Overwrite::yes : SafeTree::Overwrite::no);
}

/// A folder of a user's is no workspace: nothing of ours stays in it.
void remove_own_folders(const std::filesystem::path& folder) {
  ::rmdir((folder / ".unio/tmp").c_str());
  ::rmdir((folder / ".unio").c_str());
}

}  // namespace

OpenedArtifact open_artifact(const Registry& registry, const std::string& folder) {
  check(layout::is_artifact_folder(folder), "the key of an artifact's folder");
  std::int64_t newest = -1;
  const std::string prefix = folder + "/metadata.";
  for_each_object(registry.store(), prefix, [&](const ObjectInfo& object) {
    const auto revision = layout::metadata_revision(std::string_view(object.key).substr(folder.size() + 1));
    newest = std::max(newest, revision.value_or(-1));
  });
  if (newest < 0) throw no_artifact(registry, folder.substr(folder.rfind('_') - std::size_t{8}));
  const std::string key = fmt::format("{}/{}", folder, layout::metadata_file(newest));
  return in_context(fmt::format("read '{}/{}'", registry.url(), key), [&] {
    OpenedArtifact artifact{folder,
                            ArtifactRecord::parse(read_object(registry.store(), key, longest_metadata))};
    if (!folder.ends_with("_" + artifact.record.artifact_id))
      throw Error(ErrorCode::corruption, fmt::format("it is of '{}'", artifact.record.artifact_id));
    return artifact;
  });
}

OpenedArtifact get_artifact(const Registry& registry, std::string_view id, const Context& context) {
  if (!is_artifact_id_prefix(id) || artifact_digits(id).empty()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("{} is no id of an artifact", quoted_key(id)),
                "an id is artifact_ and hex digits; some of the first are enough");
  }
  const auto folders = find_folders(registry, id, context);
  if (folders.empty()) throw no_artifact(registry, id);
  if (folders.size() > 1) {
    std::vector<std::string> ids;
    for (const auto& [artifact, folder] : folders) ids.push_back(artifact);
    constexpr std::size_t most_shown = 10;
    ids.resize(std::min(ids.size(), most_shown));
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} artifacts begin with '{}': {}", folders.size(), id, fmt::join(ids, ", ")),
                "give more digits of the id");
  }
  return open_artifact(registry, folders.begin()->second);
}

const ArtifactFile& get_file(const OpenedArtifact& artifact, std::string_view relpath, ArtifactPart part) {
  const auto& files = files_of(artifact, part);
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const ArtifactFile& f) { return f.relpath == relpath; });
  if (found != files.end()) return *found;
  std::vector<std::string> names;
  for (const ArtifactFile& file : files) names.push_back(file.relpath);
  const auto near = nearest(relpath, names);
  throw Error(ErrorCode::not_found,
              fmt::format("no file {} in '{}'", quoted_key(relpath), artifact.record.artifact_id),
              near ? fmt::format("is it '{}'?", *near)
                   : fmt::format("unio show {} lists them", artifact.record.artifact_id));
}

std::string file_key(const OpenedArtifact& artifact, const ArtifactFile& file, ArtifactPart part) {
  if (file.object) return *file.object;
  return part == ArtifactPart::files ? layout::artifact_file(artifact.folder, file.relpath)
                                     : layout::artifact_log(artifact.folder, file.relpath);
}

std::string file_url(const Registry& registry, const OpenedArtifact& artifact, const ArtifactFile& file,
                     ArtifactPart part) {
  return registry.place_of(file_key(artifact, file, part));
}

void read_file(const Registry& registry, const OpenedArtifact& artifact, const ArtifactFile& file,
               const Context& context, const ByteSink& sink, ArtifactPart part) {
  read_recorded(registry, file_key(artifact, file, part), file, context, sink);
}

void read_recorded(const Registry& registry, const std::string& key, const ArtifactFile& file,
                   const Context& context, const ByteSink& sink) {
  Sha256 hash;
  std::uint64_t size = 0;
  const std::string url = registry.place_of(key);
  registry.store().read(key, {}, [&](Bytes bytes) {
    throw_if_stopped(context.stop);
    size += bytes.size();
    if (file.size && size > *file.size)
      throw_damaged(url, fmt::format("it has more than {} bytes", *file.size));
    hash.update(bytes);
    sink(bytes);
  });
  if (file.size && size != *file.size)
    throw_damaged(url, fmt::format("it has {} bytes instead of {}", size, *file.size));
  const Sha256Value found = hash.finish();
  if (file.sha256 && found != *file.sha256)
    throw_damaged(url, fmt::format("its SHA-256 is {}, not {}", to_hex(found), to_hex(*file.sha256)));
}

Downloaded download(const Registry& registry, const OpenedArtifact& artifact, const DownloadOptions& options,
                    const Context& context) {
  std::vector<const ArtifactFile*> files;
  if (options.relpaths.empty()) {
    for (const ArtifactFile& file : files_of(artifact, options.part)) files.push_back(&file);
  } else {
    for (const std::string& relpath : options.relpaths)
      files.push_back(&get_file(artifact, relpath, options.part));
  }
  if (!options.name.empty()) {
    check_logical_key(options.name);
    check(files.size() == 1, "one file gets a name");
  }
  Downloaded downloaded;
  for (const ArtifactFile* file : files) {
    downloaded.paths.push_back(options.folder / local_name(*file, options));
    downloaded.bytes += file->size.value_or(0);
  }
  const ProgressPhase phase(context.progress, "downloading", files.size(), downloaded.bytes);
  {
    SafeTree tree(options.folder, context.random);
    parallel_for(files.size(), context.threads, context.stop, [&](std::size_t i) {
      fetch(registry, artifact, *files[i], tree, options, context);
      context.progress.advance(1, 0);
    });
    tree.flush();
  }
  remove_own_folders(options.folder);
  return downloaded;
}

}  // namespace unio
