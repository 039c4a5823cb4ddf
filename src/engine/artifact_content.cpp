#include "engine/artifact_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "engine/retention.hpp"
#include "model/logical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// Files up to one digest chunk are read into memory; larger ones are read twice, since it must be known what
/// they are before they are sent.
constexpr std::uint64_t small_limit = std::uint64_t{8} << 20;
constexpr std::size_t piece_size = std::size_t{1} << 20;
constexpr std::uint64_t longest_record = 4096;

Error changed(const std::filesystem::path& path) {
  return Error(ErrorCode::failed_precondition, fmt::format("'{}' changed while it was read", path.native()),
               "run the command again when nothing writes to it");
}

File open_source(const ArtifactSource& source) {
  File file = File::open_for_reading(source.path);
  if (stamp_of(file.status()) != source.stamp) throw changed(source.path);
  return file;
}

/// A record that is none is as good as absent.
std::optional<std::string> find_recorded_key(std::string_view record) {
  try {
    return Json::parse(record).find_string("key");
  } catch (const Error&) {
    return std::nullopt;
  }
}

void for_each_piece(const ArtifactSource& source, const std::stop_token& stop,
                    const std::function<void(Bytes)>& take) {
  File file = open_source(source);
  std::vector<std::byte> piece(piece_size);
  std::uint64_t size = 0;
  while (const std::size_t count = file.read(piece)) {
    throw_if_stopped(stop);
    size += count;
    if (size > source.stamp.size) throw changed(source.path);
    take(Bytes(piece).first(count));
  }
  if (size != source.stamp.size || stamp_of(file.status()) != source.stamp) throw changed(source.path);
}

}  // namespace

ArtifactContent::ArtifactContent(const Registry& registry, PushSession& session, const Context& context,
                                 std::string folder)
    : registry_(registry),
      session_(session),
      context_(context),
      folder_(std::move(folder)),
      batch_(registry.store().batch()) {}

std::vector<ArtifactFile> ArtifactContent::put(std::span<const ArtifactSource> sources, Dedup dedup) {
  std::vector<ArtifactFile> files(sources.size());
  parallel_for(sources.size(), context_.threads, context_.stop,
               [&](std::size_t i) { put_one(i, sources[i], dedup, files[i]); });
  commit();
  place_twins(files);
  return files;
}

std::vector<ArtifactFile> ArtifactContent::put_logs(const Texts& logs) {
  std::vector<ArtifactFile> files;
  for (const auto& [name, text] : logs) {
    batch_->put(layout::artifact_log(folder_, name), as_bytes(text));
    files.push_back({.relpath = name, .sha256 = sha256(as_bytes(text)), .size = text.size(), .object = {}});
  }
  commit();
  return files;
}

void ArtifactContent::commit() {
  if (const auto present = batch_->commit(); !present.empty()) {
    throw Error(ErrorCode::already_exists,
                fmt::format("'{}/{}' is there already", registry_.url(), present.front()));
  }
}

void ArtifactContent::put_one(std::size_t i, const ArtifactSource& source, Dedup dedup,
                              ArtifactFile& result) {
  const Hashed hashed = hash(source);
  const std::string key = layout::artifact_file(folder_, source.relpath);
  result = hashed.file;
  if (dedup == Dedup::on) {
    if (!first_keys_.lock()->try_emplace(*result.sha256, key).second) return twins_.lock()->push_back(i);
    const auto present = find_present(hashed);
    if (present && refer(*present, key, result)) {
      if (result.object) first_keys_.lock()->insert_or_assign(*result.sha256, *result.object);
      shared_ += 1;
      return context_.progress.advance(1, 0);
    }
  }
  store(source, key, hashed);
  context_.progress.advance(1, 0);
}

ArtifactContent::Hashed ArtifactContent::hash(const ArtifactSource& source) const {
  Hashed hashed;
  hashed.file.relpath = source.relpath;
  hashed.file.size = source.stamp.size;
  if (source.stamp.size > small_limit) {
    Sha256 whole;
    DigestStream stream(DigestType::sha2_256_chunked, source.stamp.size);
    for_each_piece(source, context_.stop, [&](Bytes piece) {
      whole.update(piece);
      stream.update(piece);
    });
    hashed.file.sha256 = whole.finish();
    hashed.digest = stream.finish();
    return hashed;
  }
  std::string content;
  content.reserve(source.stamp.size);
  for_each_piece(source, context_.stop, [&](Bytes piece) { content += as_text(piece); });
  context_.progress.advance(0, content.size());
  hashed.file.sha256 = sha256(as_bytes(content));
  const std::span<const Sha256Value> chunks(&*hashed.file.sha256, content.empty() ? 0 : 1);
  hashed.digest = digest_from_chunks(chunks);
  hashed.content = std::move(content);
  return hashed;
}

/// Where the registry has this content, by what an artifact recorded of it, else as an object of packages.
std::optional<std::string> ArtifactContent::find_present(const Hashed& hashed) {
  ObjectStore& store = registry_.store();
  const std::string record_key = layout::content_record(*hashed.file.sha256);
  const auto holds = [&](const std::string& key) {
    const auto object = is_logical_key(key) ? store.find(key) : std::nullopt;
    return object && object->size == *hashed.file.size;
  };
  if (const auto record = find_object(store, record_key, longest_record)) {
    const auto key = find_recorded_key(record->content);
    if (key && holds(*key)) return key;
    dangling_.lock()->insert(record_key);
  }
  std::string object = layout::object(hashed.digest);
  return holds(object) ? std::optional(std::move(object)) : std::nullopt;
}

bool ArtifactContent::refer(const std::string& present, const std::string& key, ArtifactFile& file) {
  if (FileStore* files = registry_.store().files()) return files->share(present, key);
  // An object of others stays as long as the longest of those who rely on it want it to; else it is copied.
  const ObjectVersion object{present};
  if (!present.starts_with(folder_ + "/") && !retain_shared(registry_, {&object, 1})) return false;
  file.object = present;
  return true;
}

void ArtifactContent::store(const ArtifactSource& source, const std::string& key, const Hashed& hashed) {
  if (hashed.content) {
    batch_->put(key, as_bytes(*hashed.content));
  } else {
    send_large(source, key, *hashed.file.sha256);
  }
}

void ArtifactContent::send_large(const ArtifactSource& source, const std::string& key,
                                 const Sha256Value& sha256) {
  StagingStore* staging = registry_.store().staging();
  check(staging != nullptr, "the registry's store cannot take a large object");
  const auto object = staging->stage({.key = key, .size = source.stamp.size});
  Sha256 sent;
  for_each_piece(source, context_.stop, [&](Bytes piece) {
    sent.update(piece);
    object->append(piece);
    context_.progress.advance(0, piece.size());
  });
  if (sent.finish() != sha256) throw changed(source.path);
  object->publish(key, Condition::absent());
}

/// Files that are equal to others of this artifact, which stand by now.
void ArtifactContent::place_twins(std::vector<ArtifactFile>& files) {
  for (const std::size_t twin : std::exchange(*twins_.lock(), {})) {
    ArtifactFile& file = files[twin];
    const std::string key = layout::artifact_file(folder_, file.relpath);
    // The first may itself be a reference, which was not known yet when this one came.
    const std::string first = first_keys_.lock()->at(*file.sha256);
    if (refer(first, key, file)) {
      shared_ += 1;
    } else {
      registry_.store().copy(first, key, Condition::absent());
    }
    context_.progress.advance(1, 0);
  }
}

void ArtifactContent::record(const std::vector<ArtifactFile>& files) {
  try {
    const auto batch = registry_.store().batch();
    std::map<std::string, std::string> records;
    for (const ArtifactFile& file : files) {
      if (file.object || !file.sha256) continue;
      const Json record =
          Json::object({{"key", layout::artifact_file(folder_, file.relpath)}, {"size", *file.size}});
      records.emplace(layout::content_record(*file.sha256), record.dump() + "\n");
    }
    for (const auto& [key, text] : records) {
      if (dangling_.lock()->contains(key)) {
        registry_.store().write(key, as_bytes(text), Condition::none());
      } else {
        batch->put(key, as_bytes(text));
      }
    }
    batch->commit();
  } catch (const Error& error) {
    context_.progress.warn(fmt::format("later duplicates will not be noticed: {}", error.message()));
  }
}

}  // namespace unio
