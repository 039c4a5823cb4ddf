#include "engine/ingest.hpp"

#include <fmt/format.h>

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

}  // namespace

Ingest::Ingest(const Registry& registry, PushSession& session, const Context& context)
    : registry_(registry), session_(session), context_(context), batch_(registry.store().batch()) {}

Ingest::Taken Ingest::take(const std::string& path, const FileStamp& stamp, const std::optional<Digest>& unless) {
  return stamp.size <= small_limit ? take_small(path, stamp, unless) : take_large(path, stamp, unless);
}

void Ingest::commit() { batch_->commit(); }

Ingest::Taken Ingest::present(const Digest& digest) const {
  return {digest, physical_url(registry_, layout::object(digest)), false};
}

Ingest::Taken Ingest::stored(const Digest& digest, std::uint64_t size) {
  stored_objects_ += 1;
  stored_bytes_ += size;
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
  const Digest digest = digest_of(DigestType::sha2_256_chunked, content);
  if (unless && *unless == digest) return {digest, {}, false};
  session_.announce();
  const std::string key = layout::object(digest);
  if (const auto object = registry_.store().find(key)) {
    if (object->size == stamp.size) return present(digest);
    registry_.store().write(key, content, Condition::matches(object->etag));
    return stored(digest, stamp.size);
  }
  batch_->put(key, content);
  return stored(digest, stamp.size);
}

Ingest::Taken Ingest::take_large(const std::string& path, const FileStamp& stamp,
                                 const std::optional<Digest>& unless) {
  if (unless) {
    const Digest digest = hash_local_file(context_, path, stamp, unless->type);
    if (digest == *unless) return {digest, {}, false};
  }
  session_.announce();
  StagingStore* staging = registry_.store().staging();
  check(staging != nullptr, "the registry's store cannot take a large object");
  File file = File::open_for_reading(path);
  check_stamp(file, stamp);
  const auto object = staging->stage();
  DigestStream stream(DigestType::sha2_256_chunked, stamp.size);
  std::vector<std::byte> piece(piece_size);
  while (const std::size_t count = file.read(piece)) {
    throw_if_stopped(context_.stop);
    const Bytes bytes = Bytes(piece).first(count);
    stream.update(bytes);
    object->append(bytes);
    context_.progress.advance(0, count);
  }
  check_stamp(file, stamp);
  const Digest digest = stream.finish();
  const std::string key = layout::object(digest);
  const auto there = registry_.store().find(key);
  if (there && there->size == stamp.size) return present(digest);
  object->publish(key, there ? Condition::matches(there->etag) : Condition::none());
  return stored(digest, stamp.size);
}

}  // namespace unio
