#include "engine/save.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "engine/captured_description.hpp"
#include "engine/feed.hpp"
#include "model/logical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// Somebody else revising the same metadata as often as this is a loop.
constexpr int most_revisions_at_once = 100;
constexpr std::size_t put_piece_size = std::size_t{1} << 20;

std::vector<std::string> each_once(const std::vector<std::string>& texts) {
  std::set<std::string, std::less<>> seen;
  std::vector<std::string> once;
  for (const std::string& text : texts) {
    if (seen.insert(text).second) once.push_back(text);
  }
  return once;
}

ArtifactRecord begin_record(const ArtifactDescription& description, const Context& context) {
  ArtifactRecord record;
  record.creation_time = context.clock.now();
  record.environment = description.environment;
  record.labels = description.labels;
  record.based_on = each_once(description.based_on);
  record.run_id = description.run_id;
  return record;
}

void check_logs(const Texts& logs) {
  for (const auto& [name, text] : logs) check_logical_key(name);
}

/// What is wrong with paths, to be told of all together.
struct BadPaths {
  std::vector<std::string> missing;
  std::vector<std::string> no_files;

  void throw_if_any() const {
    if (!missing.empty()) {
      throw Error(ErrorCode::not_found, fmt::format("no such file: {}", fmt::join(missing, ", ")));
    }
    if (!no_files.empty()) {
      throw Error(ErrorCode::invalid_argument, fmt::format("no files: {}", fmt::join(no_files, ", ")),
                  "an artifact is made of files: name them, for example by folder/*");
    }
  }
};

std::vector<ArtifactSource> find_sources(const std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) throw Error(ErrorCode::invalid_argument, "an artifact has one file at least");
  BadPaths bad;
  std::vector<std::filesystem::path> absolute;
  std::vector<FileStamp> stamps;
  std::set<std::filesystem::path> seen;
  for (const std::filesystem::path& path : paths) {
    const std::string shown = quoted_key(path.native());
    struct ::stat status {};
    if (path.native().find('\0') != std::string::npos || ::stat(path.c_str(), &status) != 0) {
      bad.missing.push_back(shown);
      continue;
    }
    std::filesystem::path full = std::filesystem::absolute(path).lexically_normal();
    if (!S_ISREG(status.st_mode)) {
      bad.no_files.push_back(shown);
    } else if (seen.insert(full).second) {
      absolute.push_back(std::move(full));
      stamps.push_back(stamp_of(status));
    }
  }
  bad.throw_if_any();
  std::vector<std::string> relpaths = relative_to_common_folder(absolute);
  std::vector<ArtifactSource> sources;
  for (std::size_t i = 0; i < absolute.size(); ++i) {
    check_logical_key(relpaths[i]);
    sources.push_back({absolute[i], stamps[i], std::move(relpaths[i])});
  }
  return sources;
}

std::uint64_t total_size(const std::vector<ArtifactSource>& sources) {
  std::uint64_t bytes = 0;
  for (const ArtifactSource& source : sources) bytes += source.stamp.size;
  return bytes;
}

void write_revision(const Registry& registry, const AnnouncedSave& save, const ArtifactRecord& record,
                    const Context& context) {
  registry.store().write(save.metadata, as_bytes(record.yaml()), Condition::absent());
  if (FileStore* files = registry.store().files()) files->make_read_only({&save.metadata, 1});
  context.failpoints.pass("save.after_metadata");
  append_feed(registry, save.feed_entry, *record.revision_time, context);
  context.failpoints.pass("save.after_feed");
}

}  // namespace

SavedArtifact save_artifact(const Registry& registry, const SaveRequest& request, const Context& context) {
  const std::vector<ArtifactSource> sources = find_sources(request.paths);
  check_logs(request.logs);
  const ProgressPhase phase(context.progress, "saving", sources.size(), total_size(sources));
  ArtifactWriter writer(registry, begin_record(request, context), AnnouncedSave::Leftovers::remove, context);
  writer.put_files(sources, request.dedup);
  writer.put_logs(request.logs);
  return writer.publish();
}

NewArtifact::NewArtifact(const Registry& registry, std::vector<std::string> relpaths,
                         ArtifactDescription description, const Context& context)
    : registry_(registry),
      context_(context),
      relpaths_(std::move(relpaths)),
      logs_(std::move(description.logs)),
      writer_(registry, begin_record(description, context), AnnouncedSave::Leftovers::keep, context) {
  if (relpaths_.empty()) throw Error(ErrorCode::invalid_argument, "an artifact has one file at least");
  check_logs(logs_);
  std::set<std::string, std::less<>> seen;
  for (const std::string& relpath : relpaths_) {
    check_logical_key(relpath);
    check_object_key(layout::artifact_file(writer_.folder(), relpath));
    if (!seen.insert(relpath).second)
      throw Error(ErrorCode::invalid_argument, fmt::format("{} is named twice", quoted_key(relpath)));
  }
  writer_.announce();
  FileStore* files = registry_.store().files();
  if (files == nullptr) return;
  for (const std::string& relpath : relpaths_)
    std::filesystem::create_directories(std::filesystem::path(url(relpath)).parent_path());
}

std::string NewArtifact::url(std::string_view relpath) const {
  return registry_.place_of(layout::artifact_file(writer_.folder(), relpath));
}

void NewArtifact::put(std::string_view relpath, const std::filesystem::path& source) const {
  if (std::find(relpaths_.begin(), relpaths_.end(), relpath) == relpaths_.end()) {
    throw Error(ErrorCode::not_found, fmt::format("the artifact was not begun with {}", quoted_key(relpath)),
                fmt::format("it has {}", fmt::join(relpaths_, ", ")));
  }
  StagingStore* staging = registry_.store().staging();
  check(staging != nullptr, "the registry's store cannot take a file");
  const std::string key = layout::artifact_file(writer_.folder(), relpath);
  File file = File::open_for_reading(source);
  const auto object = staging->stage({.key = key, .size = stamp_of(file.status()).size});
  std::vector<std::byte> piece(put_piece_size);
  while (const std::size_t count = file.read(piece)) {
    throw_if_stopped(context_.stop);
    object->append(Bytes(piece).first(count));
  }
  object->publish(key, Condition::none());
}

ArtifactFile NewArtifact::read_back(const std::string& relpath) const {
  Sha256 hash;
  std::uint64_t size = 0;
  registry_.store().read(layout::artifact_file(writer_.folder(), relpath), {}, [&](Bytes bytes) {
    throw_if_stopped(context_.stop);
    hash.update(bytes);
    size += bytes.size();
  });
  return {.relpath = relpath, .sha256 = hash.finish(), .size = size, .object = {}};
}

SavedArtifact NewArtifact::finish() {
  std::vector<std::string> missing;
  std::vector<ArtifactFile> files;
  for (const std::string& relpath : relpaths_) {
    if (registry_.store().find(layout::artifact_file(writer_.folder(), relpath))) {
      files.push_back(read_back(relpath));
    } else {
      missing.push_back(quoted_key(relpath));
    }
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::failed_precondition, fmt::format("not written: {}", fmt::join(missing, ", ")),
                "write every file of the artifact where its URL says, then finish it");
  }
  if (FileStore* store = registry_.store().files()) {
    for (const std::string& relpath : relpaths_) {
      const std::filesystem::path path = store->path(layout::artifact_file(writer_.folder(), relpath));
      File::open_for_reading(path).sync();
      sync_directory(path.parent_path());
    }
  }
  writer_.take_files(std::move(files));
  writer_.put_logs(logs_);
  return writer_.publish();
}

OpenedArtifact revise_artifact(const Registry& registry, const std::string& folder,
                               const std::function<void(ArtifactLabels&)>& change, const Context& context) {
  for (int tries = 1;; ++tries) {
    throw_if_stopped(context.stop);
    OpenedArtifact artifact = open_artifact(registry, folder);
    ArtifactRecord& record = artifact.record;
    const ArtifactLabels before = record.labels;
    change(record.labels);
    record.environment.masked += mask_labels(record.labels);
    if (record.labels == before) return artifact;
    record.revision += 1;
    record.revision_time = context.clock.now();
    record.revised_by = context.user;
    check_texts(record);
    AnnouncedSave save;
    save.folder = folder;
    save.metadata = fmt::format("{}/{}", folder, layout::metadata_file(record.revision));
    save.feed_entry = artifact_feed_entry(record, folder, random_id(context.random));
    PushSession session(registry, context, {.save = save});
    session.announce();
    try {
      write_revision(registry, save, record, context);
      return artifact;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::conflict && tries < most_revisions_at_once) continue;
      // Any other failure may hide a success.
      session.leave();
      throw;
    }
  }
}

}  // namespace unio
