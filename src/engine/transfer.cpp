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
  throw Error(ErrorCode::failed_precondition, fmt::format("'{}' has no digest yet", entry.logical_key()),
              "run `unio build-manifest` first");
}

void check_data_key(const EntryView& entry, const std::string& key) {
  check_object_key(key);
  if (!key.starts_with(".quilt/") && !key.starts_with(".unio/")) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("'{}' cannot lie at '{}', among the registry's own files", entry.logical_key(), key),
      "choose another prefix");
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
      batch_(registry.store().batch()) {
  VersionedStore* versions = prefix_ ? registry.store().versioning() : nullptr;
  keeps_versions_ = versions != nullptr && versions->enabled();
}

std::string Transfer::wanted_url(std::string_view logical_key) const {
  return prefix_ ? physical_url(registry_, prefixed(*prefix_, logical_key)) : std::string();
}

void Transfer::commit() {
  for (const std::string& key : batch_->commit()) {
    // A content-addressed key that was taken holds the same bytes; a readable one may not.
    if (key.starts_with(layout::objects)) {
      stored_objects_ -= 1;
      continue;
    }
    throw Error(ErrorCode::conflict, fmt::format("'{}' was written by somebody else at this moment", key),
                "run the command again: what is there will be compared");
  }
}

Transfer::Moved Transfer::move(const EntryView& entry) {
  session_.announce();
  return prefix_ ? to_prefix(entry) : to_object(entry);
}

/// A legacy digest is no content address, so the content is read for one.
Digest Transfer::content_address(const EntryView& entry) {
  const std::optional<Digest> digest = entry.digest();
  const Digest& known = require_digest(entry, digest);
  if (known.type == DigestType::sha2_256_chunked) return known;
  DigestStream stream(DigestType::sha2_256_chunked, entry.size());
  read(entry, [&](Bytes bytes) { stream.update(bytes); });
  return stream.finish();
}

Transfer::Moved Transfer::to_object(const EntryView& entry) {
  const std::string key = layout::object(content_address(entry));
  for (;;) {
    const auto present = registry_.store().find(key);
    if (present && present->size == entry.size()) return {physical_url(registry_, key), true, false};
    if (write(entry, key, present)) return {physical_url(registry_, key), false, false};
  }
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
  check_data_key(entry, key);
  for (;;) {
    const auto present = registry_.store().find(key);
    if (present && holds(key, *present, entry)) return {url_of(key, *present), true, false};
    if (present && !keeps_versions_) {
      Moved moved = to_object(entry);
      moved.displaced = true;
      return moved;
    }
    if (const auto written = write(entry, key, present)) return {url_of(key, *written), false, false};
  }
}

void Transfer::read(const EntryView& entry, const ByteSink& sink) {
  try {
    read_entry(registry_, context_, entry, sink);
  } catch (const Error& error) {
    const bool changed = error.code() == ErrorCode::corruption || error.code() == ErrorCode::not_found;
    if (changed && is_local_file(registry_, entry)) throw_not_as_built(entry);
    throw;
  }
}

std::string Transfer::url_of(const std::string& key, const ObjectInfo& info) const {
  const std::string url = physical_url(registry_, key);
  if (!keeps_versions_ || !info.version) return url;
  PhysicalKey physical = PhysicalKey::parse(url);
  physical.version = info.version;
  return physical.url();
}

std::optional<ObjectInfo> Transfer::copy_there(const EntryView& entry, const std::string& key,
                                               const Condition& condition) {
  CopyingStore* target = registry_.store().copying();
  const std::optional<Digest> digest = entry.digest();
  if (target == nullptr || !digest || entry.size() <= small_limit) return std::nullopt;
  const ObjectLocation from = locate(registry_, context_, entry);
  CopyingStore* source = from.store->copying();
  const bool same_service =
      source != nullptr && !source->service().empty() && source->service() == target->service();
  if (!same_service) return std::nullopt;
  const auto offer = source->offer(from.key, from.version, entry.size(), *digest);
  return offer ? std::optional(target->copy_from(*offer, key, condition)) : std::nullopt;
}

std::optional<ObjectInfo> Transfer::write(const EntryView& entry, const std::string& key,
                                          const std::optional<ObjectInfo>& replaced) {
  const Condition condition = replaced ? Condition::matches(replaced->etag) : Condition::absent();
  ObjectStore& store = registry_.store();
  ObjectInfo written;
  try {
    if (auto copied = copy_there(entry, key, condition)) {
      written = std::move(*copied);
    } else if (entry.size() > small_limit && store.staging() != nullptr) {
      const auto staged =
          store.staging()->stage({.key = key, .size = entry.size(), .resume_since = session_.resume_since()});
      read(entry, [&](Bytes bytes) { staged->append(bytes); });
      written = staged->publish(key, condition);
      session_.sweep_uploads();
    } else {
      std::string content;
      content.reserve(entry.size());
      read(entry, [&](Bytes bytes) { content += as_text(bytes); });
      if (replaced || keeps_versions_) {
        written = store.write(key, as_bytes(content), condition);
      } else {
        batch_->put(key, as_bytes(content));
      }
    }
  } catch (const Error& error) {
    // A conflict over a key that nothing stands under cannot be solved by looking again.
    if (error.code() != ErrorCode::conflict || !store.find(key)) throw;
    return std::nullopt;
  }
  context_.progress.advance(1, 0);
  stored_objects_ += 1;
  return written;
}

}  // namespace unio
