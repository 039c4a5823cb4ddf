#include "engine/transfer.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "engine/content.hpp"
#include "model/physical_key.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::uint64_t small_limit = std::uint64_t{8} << 20;

/// "data/v0/" + "a.txt"; the seed writes the prefix with and without a leading slash.
std::string prefixed(std::string_view prefix, std::string_view logical_key) {
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  return join_key(prefix, logical_key);
}

const Digest& require_digest(const EntryView& entry, const std::optional<Digest>& digest) {
  if (digest) return *digest;
  throw Error(ErrorCode::failed_precondition,
              fmt::format("'{}' has no digest yet", entry.logical_key()), "run `unio build-manifest` first");
}

/// The built content of a local file is not what the file holds now.
[[noreturn]] void throw_not_as_built(const EntryView& entry) {
  throw Error(ErrorCode::failed_precondition,
              fmt::format("'{}' no longer has the content that was built", entry.logical_key()),
              "run `unio build-manifest` again, or `unio push`, which does both");
}

}  // namespace

Transfer::Transfer(const Registry& registry, PushSession& session, const Context& context,
                   std::optional<std::string> prefix)
    : registry_(registry),
      session_(session),
      context_(context),
      prefix_(std::move(prefix)),
      batch_(registry.store().batch()) {}

std::string Transfer::wanted_url(std::string_view logical_key) const {
  return prefix_ ? physical_url(registry_, prefixed(*prefix_, logical_key)) : std::string();
}

void Transfer::commit() {
  const std::vector<std::string> taken = batch_->commit();
  // A content-addressed key that was taken holds the same bytes; a readable one may not.
  if (!prefix_ || taken.empty()) return;
  throw Error(ErrorCode::conflict,
              fmt::format("'{}' was written by somebody else at this moment", taken.front()),
              "run the command again: what is there will be compared");
}

Transfer::Moved Transfer::move(const EntryView& entry) {
  session_.announce();
  return prefix_ ? to_prefix(entry) : to_object(entry);
}

Transfer::Moved Transfer::to_object(const EntryView& entry) {
  const std::optional<Digest> digest = entry.digest();
  const Digest& content = require_digest(entry, digest);
  if (content.type != DigestType::sha2_256_chunked) {
    // A legacy digest is no content address; the readable key is one that quilt3 would choose.
    const std::string key = fmt::format("{}{}/{}", layout::objects, name(content.type), content.hex());
    const bool is_new = !registry_.store().find(key) && write_new(entry, key);
    return {physical_url(registry_, key), !is_new, false};
  }
  const std::string key = layout::object(content);
  const auto present = registry_.store().find(key);
  if (present && present->size == entry.size()) return {physical_url(registry_, key), true, false};
  if (present) registry_.store().remove(key, Condition::matches(present->etag));
  return {physical_url(registry_, key), !write_new(entry, key), false};
}

bool Transfer::holds(const std::string& key, const ObjectInfo& info, const EntryView& entry) {
  const std::optional<Digest> digest = entry.digest();
  if (info.size != entry.size() || !digest) return false;
  DigestStream stream(digest->type, info.size);
  registry_.store().read(key, ByteRange{}, [&](Bytes bytes) {
    throw_if_stopped(context_.stop);
    stream.update(bytes);
  });
  return stream.size() == info.size && stream.finish() == *digest;
}

Transfer::Moved Transfer::to_prefix(const EntryView& entry) {
  const std::string key = prefixed(*prefix_, entry.logical_key());
  check_object_key(key);
  if (const auto present = registry_.store().find(key)) {
    if (holds(key, *present, entry)) return {physical_url(registry_, key), true, false};
    Moved moved = to_object(entry);
    moved.displaced = true;
    return moved;
  }
  if (write_new(entry, key)) return {physical_url(registry_, key), false, false};
  return to_prefix(entry);
}

bool Transfer::write_new(const EntryView& entry, const std::string& key) {
  const bool local = is_local_file(registry_, entry.physical_key());
  try {
    StagingStore* staging = registry_.store().staging();
    if (entry.size() <= small_limit || staging == nullptr) {
      std::string content;
      content.reserve(entry.size());
      read_entry(registry_, context_, entry, [&](Bytes bytes) { content += as_text(bytes); });
      batch_->put(key, as_bytes(content));
    } else {
      const auto staged = staging->stage();
      read_entry(registry_, context_, entry, [&](Bytes bytes) { staged->append(bytes); });
      staged->publish(key, Condition::absent());
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::conflict) return false;
    const bool changed = error.code() == ErrorCode::corruption || error.code() == ErrorCode::not_found;
    if (local && changed) throw_not_as_built(entry);
    throw;
  }
  context_.progress.advance(1, entry.size());
  return true;
}

}  // namespace unio
