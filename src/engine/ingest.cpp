#include "engine/ingest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// Files up to one digest chunk are read into memory; larger ones are streamed.
constexpr std::uint64_t small_limit = std::uint64_t{8} << 20;
constexpr std::size_t piece_size = std::size_t{1} << 20;

Error changed(const std::string& path) {
  return Error(ErrorCode::failed_precondition, fmt::format("'{}' changed while it was read", path),
               "run the command again when nothing writes to it");
}

void read_whole(File& file, const FileStamp& stamp, std::vector<std::byte>& content) {
  content.resize(stamp.size + 1);  // one more, to notice a file that grew
  if (file.read(content) != stamp.size) throw changed(file.name());
  content.resize(stamp.size);
}

void check_stamp(const File& file, const FileStamp& stamp) {
  if (stamp_of(file.status()) != stamp) throw changed(file.name());
}

/// Whether somebody else changed the object at `key` before `write` could: then it must be looked at again.
bool lost_race(const Registry& registry, const std::string& key, const std::function<void()>& write) {
  try {
    write();
    return false;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::conflict || !registry.store().find(key)) throw;
    return true;
  }
}

}  // namespace

Ingest::Ingest(const Registry& registry, PushSession& session, const Context& context)
    : registry_(registry), session_(session), context_(context), batch_(registry.store().batch()) {}

Ingest::Taken Ingest::take(const std::string& path, const FileStamp& stamp,
                           const std::optional<Digest>& unless) {
  return stamp.size <= small_limit ? take_small(path, stamp, unless) : take_large(path, stamp, unless);
}

Ingest::Taken Ingest::take(Bytes content) {
  const Digest digest = digest_of(DigestType::sha2_256_chunked, content);
  session_.announce();
  return content.size() <= small_limit ? store_small(digest, content) : store_large(digest, content);
}

void Ingest::commit() {
  // Content that several files share was put several times.
  stored_objects_ -= batch_->commit().size();
}

Ingest::Taken Ingest::present(const Digest& digest) const {
  return {digest, physical_url(registry_, layout::object(digest)), false};
}

Ingest::Taken Ingest::stored(const Digest& digest) {
  stored_objects_ += 1;
  return {digest, physical_url(registry_, layout::object(digest)), true};
}

Ingest::Taken Ingest::take_small(const std::string& path, const FileStamp& stamp,
                                 const std::optional<Digest>& unless) {
  // One buffer for each thread: a push of many small files would otherwise spend its time in the allocator.
  thread_local std::vector<std::byte> content;
  File file = File::open_for_reading(path);
  check_stamp(file, stamp);
  read_whole(file, stamp, content);
  check_stamp(file, stamp);
  context_.progress.advance(0, stamp.size);
  const Digest digest = digest_of(DigestType::sha2_256_chunked, content);
  if (unless && *unless == digest) return {digest, {}, false};
  session_.announce();
  return store_small(digest, content);
}

Ingest::Taken Ingest::store_small(const Digest& digest, Bytes content) {
  const std::string key = layout::object(digest);
  // A far store says by its answer to the write whether the object was there.
  const bool asks = registry_.store().far() == nullptr;
  for (;;) {
    const auto there = asks ? registry_.store().find(key) : std::nullopt;
    if (there && there->size == content.size()) return present(digest);
    if (!there) {
      batch_->put(key, content);
      return stored(digest);
    }
    const auto replace = [&] { registry_.store().write(key, content, Condition::matches(there->etag)); };
    if (!lost_race(registry_, key, replace)) return stored(digest);
  }
}

Ingest::Taken Ingest::store_large(const Digest& digest, Bytes content) {
  StagingStore* staging = registry_.store().staging();
  check(staging != nullptr, "the registry's store cannot take a large object");
  const std::string key = layout::object(digest);
  for (;;) {
    const auto there = registry_.store().find(key);
    if (there && there->size == content.size()) return present(digest);
    const auto object =
        staging->stage({.key = key, .size = content.size(), .resume_since = session_.resume_since()});
    for (std::size_t offset = 0; offset < content.size(); offset += piece_size) {
      throw_if_stopped(context_.stop);
      object->append(content.subspan(offset, std::min(piece_size, content.size() - offset)));
    }
    const Condition condition = there ? Condition::matches(there->etag) : Condition::absent();
    if (lost_race(registry_, key, [&] { object->publish(key, condition); })) continue;
    session_.sweep_uploads();
    return stored(digest);
  }
}

Ingest::Taken Ingest::take_large(const std::string& path, const FileStamp& stamp,
                                 const std::optional<Digest>& unless) {
  StagingStore* staging = registry_.store().staging();
  check(staging != nullptr, "the registry's store cannot take a large object");
  if (!staging->names_last()) return take_in_parts(path, stamp, unless);
  if (unless) {
    const Digest digest = hash_local_file(context_, path, stamp, unless->type);
    if (digest == *unless) return {digest, {}, false};
  }
  session_.announce();
  File file = File::open_for_reading(path);
  check_stamp(file, stamp);
  const auto object = staging->stage({});
  DigestStream stream(DigestType::sha2_256_chunked, stamp.size);
  std::vector<std::byte> piece(piece_size);
  while (const std::size_t count = file.read(piece)) {
    throw_if_stopped(context_.stop);
    const Bytes bytes = Bytes(piece).first(count);
    stream.update(bytes);
    if (stream.size() > stamp.size) throw changed(path);
    object->append(bytes);
    context_.progress.advance(0, count);
  }
  check_stamp(file, stamp);
  const Digest digest = stream.finish();
  const std::string key = layout::object(digest);
  for (;;) {
    const auto there = registry_.store().find(key);
    if (there && there->size == stamp.size) return present(digest);
    const Condition condition = there ? Condition::matches(there->etag) : Condition::absent();
    if (!lost_race(registry_, key, [&] { object->publish(key, condition); })) return stored(digest);
  }
}

/// Hashes first, because the store needs the key before the bytes; nothing is hashed again on the way.
Ingest::Taken Ingest::take_in_parts(const std::string& path, const FileStamp& stamp,
                                    const std::optional<Digest>& unless) {
  const std::vector<Sha256Value> chunks = hash_local_chunks(context_, path, stamp);
  const Digest digest = digest_from_chunks(chunks);
  if (unless && *unless == digest) return {digest, {}, false};
  session_.announce();
  const std::string key = layout::object(digest);
  for (;;) {
    const auto there = registry_.store().find(key);
    if (there && there->size == stamp.size) return present(digest);
    const auto object = registry_.store().staging()->stage(
        {.key = key, .size = stamp.size, .resume_since = session_.resume_since()});
    upload(*object, path, stamp, chunks);
    const Condition condition = there ? Condition::matches(there->etag) : Condition::absent();
    if (lost_race(registry_, key, [&] { object->publish(key, condition); })) continue;
    // Not before: this upload may be one that was begun long ago.
    session_.sweep_uploads();
    return stored(digest);
  }
}

void Ingest::upload(StagedObject& object, const std::string& path, const FileStamp& stamp,
                    const std::vector<Sha256Value>& chunks) {
  File file = File::open_for_reading(path);
  check_stamp(file, stamp);
  const std::uint64_t chunk_size = digest_chunk_size(stamp.size);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    throw_if_stopped(context_.stop);
    const std::uint64_t offset = i * chunk_size;
    const std::uint64_t count = std::min(chunk_size, stamp.size - offset);
    std::string chunk(static_cast<std::size_t>(count), '\0');
    if (file.read(std::as_writable_bytes(std::span(chunk))) != count) throw changed(path);
    object.append_chunk(std::move(chunk), chunks[i]);
    context_.progress.advance(0, count);
  }
  check_stamp(file, stamp);
}

}  // namespace unio
