#include "engine/artifact_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/feed.hpp"
#include "engine/retention.hpp"
#include "model/logical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

ArtifactRecord named(const Registry& registry, ArtifactRecord record, const Context& context) {
  check_user_name(record.environment.username);
  check_texts(record);
  record.artifact_id = new_artifact_id(context.random);
  if (record.run_id.empty()) record.run_id = new_run_id(context.random);
  record.remote_root = registry.place_of(
      layout::artifact_folder(record.creation_time, record.environment.username, record.artifact_id));
  return record;
}

AnnouncedSave announced(const ArtifactRecord& record, AnnouncedSave::Leftovers leftovers) {
  AnnouncedSave save;
  save.folder =
      layout::artifact_folder(record.creation_time, record.environment.username, record.artifact_id);
  save.metadata = fmt::format("{}/{}", save.folder, layout::metadata_name);
  save.feed_entry = artifact_feed_entry(record, save.folder, artifact_digits(record.artifact_id));
  save.leftovers = leftovers;
  return save;
}

void sort_by_path(std::vector<ArtifactFile>& files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.relpath < b.relpath; });
}

}  // namespace

Json artifact_feed_entry(const ArtifactRecord& record, const std::string& folder, const std::string& op) {
  return Json::object({{"op", op},
                       {"kind", "artifact"},
                       {"artifact", record.artifact_id},
                       {"folder", folder},
                       {"metadata", layout::metadata_file(record.revision)},
                       {"when", format_time(record.revision_time.value_or(record.creation_time))},
                       {"user", record.revision_time ? record.revised_by : record.environment.username}});
}

ArtifactWriter::ArtifactWriter(const Registry& registry, ArtifactRecord record,
                               AnnouncedSave::Leftovers leftovers, const Context& context)
    : registry_(registry),
      context_(context),
      record_(named(registry, std::move(record), context)),
      save_(announced(record_, leftovers)),
      session_(registry, context, {.save = save_}),
      content_(registry, session_, context, save_.folder) {}

ArtifactWriter::~ArtifactWriter() {
  if (may_exist_) {
    session_.leave();
  } else if (save_.leftovers == AnnouncedSave::Leftovers::remove) {
    remove_leftovers();
  }
}

void ArtifactWriter::announce() {
  session_.announce();
}

void ArtifactWriter::put_files(std::span<const ArtifactSource> sources, Dedup dedup) {
  for (const ArtifactSource& source : sources)
    check_object_key(layout::artifact_file(save_.folder, source.relpath));
  session_.announce();
  record_.files = content_.put(sources, dedup);
  sort_by_path(record_.files);
  context_.failpoints.pass("save.after_files");
}

void ArtifactWriter::take_files(std::vector<ArtifactFile> files) {
  record_.files = std::move(files);
  // Whatever program wrote them asked for no protection.
  std::vector<ObjectVersion> own;
  for (const std::string& key : own_keys()) own.push_back({key});
  retain_shared(registry_, own);
  sort_by_path(record_.files);
  context_.failpoints.pass("save.after_files");
}

void ArtifactWriter::put_logs(const Texts& logs) {
  session_.announce();
  record_.logs = content_.put_logs(logs);
  context_.failpoints.pass("save.after_logs");
}

std::vector<std::string> ArtifactWriter::own_keys() const {
  std::vector<std::string> keys;
  for (const ArtifactFile& file : record_.files) {
    if (!file.object) keys.push_back(layout::artifact_file(save_.folder, file.relpath));
  }
  for (const ArtifactFile& log : record_.logs)
    keys.push_back(layout::artifact_log(save_.folder, log.relpath));
  return keys;
}

void ArtifactWriter::write_metadata() {
  FileStore* files = registry_.store().files();
  if (files != nullptr) files->make_read_only(own_keys());
  session_.check_announced();
  may_exist_ = true;
  registry_.store().write(save_.metadata, as_bytes(record_.yaml()), Condition::absent());
  if (files != nullptr) files->make_read_only({&save_.metadata, 1});
  context_.failpoints.pass("save.after_metadata");
  check_retained(registry_, save_.metadata, context_);
}

SavedArtifact ArtifactWriter::publish() {
  session_.announce();
  write_metadata();
  append_feed(registry_, save_.feed_entry, record_.creation_time, context_);
  context_.failpoints.pass("save.after_feed");
  content_.record(record_.files);
  context_.failpoints.pass("save.after_contents");
  may_exist_ = false;  // all is done: the session can go
  save_.leftovers = AnnouncedSave::Leftovers::keep;
  SavedArtifact saved{.record = record_, .folder = save_.folder, .bytes = 0, .shared = content_.shared()};
  for (const ArtifactFile& file : record_.files) saved.bytes += file.size.value_or(0);
  return saved;
}

void ArtifactWriter::remove_leftovers() noexcept {
  try {
    registry_.store().remove_all(keys_below(registry_.store(), save_.folder + "/"));
  } catch (const std::exception&) {
    // The session stays, so that whoever comes next clears it away.
    session_.leave();
  }
}

}  // namespace unio
