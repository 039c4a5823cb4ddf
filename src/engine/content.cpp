#include "engine/content.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/error.hpp"
#include "base/percent.hpp"
#include "base/threads.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 20;
/// Below this, starting threads costs more than it gains.
constexpr std::uint64_t parallel_hash_from = std::uint64_t{32} << 20;

/// The registry's own key of a content-addressed physical key, whatever the root it was written with. The key
/// is the address that the digest gives; a legacy digest is none, so that any key of this form may be meant.
std::optional<std::string> own_object_key(std::string_view physical_key,
                                          const std::optional<Digest>& digest) {
  constexpr std::size_t hash_digits = 64;
  constexpr std::size_t size = layout::objects.size() + 3 + hash_digits;
  if (physical_key.size() <= size || physical_key[physical_key.size() - size - 1] != '/') return std::nullopt;
  const std::string_view key = physical_key.substr(physical_key.size() - size);
  const bool has_address = digest && digest->type == DigestType::sha2_256_chunked;
  const auto address =
      has_address ? digest : Digest::from_hex(DigestType::sha2_256_chunked, key.substr(size - hash_digits));
  return address && layout::object(*address) == key ? std::optional<std::string>(key) : std::nullopt;
}

/// The key below `base` (a store's URL) that `physical_key` names; absent when it is elsewhere.
std::optional<std::string> key_below(std::string_view base, std::string_view physical_key) {
  if (!physical_key.starts_with(base) || physical_key.size() <= base.size() + 1) return std::nullopt;
  if (physical_key[base.size()] != '/') return std::nullopt;
  const std::string_view rest = physical_key.substr(base.size() + 1);
  return decode_url_path(rest.substr(0, rest.find('?')));
}

Error changed_while_read(const std::string& path) {
  return Error(ErrorCode::failed_precondition, fmt::format("'{}' changed while it was read", path),
               "run the command again when nothing writes to it");
}

Digest hash_in_order(File& file, std::uint64_t size, DigestType type, const Context& context) {
  DigestStream stream(type, size);
  std::vector<std::byte> buffer(std::min<std::uint64_t>(buffer_size, size + 1));
  while (const std::size_t count = file.read(buffer)) {
    throw_if_stopped(context.stop);
    stream.update(Bytes(buffer).first(count));
    if (stream.size() > size) throw changed_while_read(file.name());
    context.progress.advance(0, count);
  }
  if (stream.size() != size) throw changed_while_read(file.name());
  return stream.finish();
}

std::vector<Sha256Value> hash_chunks(const File& file, std::uint64_t size, const Context& context,
                                     Progress& progress) {
  const std::uint64_t chunk = digest_chunk_size(size);
  std::vector<Sha256Value> values((size + chunk - 1) / chunk);
  parallel_for(values.size(), context.threads, context.stop, [&](std::size_t i) {
    Sha256 hash;
    std::vector<std::byte> buffer(buffer_size);
    std::uint64_t offset = i * chunk;
    const std::uint64_t end = std::min(size, offset + chunk);
    while (offset < end) {
      throw_if_stopped(context.stop);
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - offset));
      const std::size_t count = file.read_at(offset, MutableBytes(buffer).first(wanted));
      if (count == 0) throw changed_while_read(file.name());
      hash.update(Bytes(buffer).first(count));
      offset += count;
      progress.advance(0, count);
    }
    values[i] = hash.finish();
  });
  return values;
}

void check_size(const EntryView& entry, const std::string& url, std::uint64_t size) {
  if (size == entry.size()) return;
  throw Error(ErrorCode::corruption,
              fmt::format("'{}' has {} bytes at '{}', but the manifest says {}", entry.logical_key(), size,
                          url, entry.size()),
              "unio verify shows all that differs");
}

/// At once, so that nobody keeps in memory or on disk what is not wanted.
[[noreturn]] void throw_too_long(const EntryView& entry) {
  throw Error(ErrorCode::corruption,
              fmt::format("'{}' has more bytes at '{}' than the {} that the manifest says",
                          entry.logical_key(), entry.physical_key(), entry.size()),
              "unio verify shows all that differs");
}

}  // namespace

std::string read_step(const EntryView& entry) {
  return fmt::format("read '{}'", entry.logical_key());
}

void check_digest(const EntryView& entry, const Digest& expected, const Digest& found) {
  if (found == expected) return;
  throw Error(ErrorCode::corruption,
              fmt::format("'{}' at '{}' has the digest {}, but the manifest says {}", entry.logical_key(),
                          entry.physical_key(), found.text(), expected.text()),
              "the stored object is damaged; another copy of the registry may have it whole");
}

std::string physical_url(const Registry& registry, std::string_view key) {
  return fmt::format("{}/{}", registry.url(), encode_url_path(key));
}

bool is_in_registry(const Registry& registry, const EntryView& entry) {
  return entry.physical_key_begins_with(registry.root());
}

bool is_local_file(const Registry& registry, const EntryView& entry) {
  return entry.physical_key_begins_with("file:") && !is_in_registry(registry, entry);
}

bool points_at_local_files(const Registry& registry, const Manifest& manifest) {
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (is_local_file(registry, manifest[i])) return true;
  }
  return false;
}

std::string folder_url(std::string_view url, std::string_view logical_key, std::string_view folder_key) {
  const std::string rest = encode_url_path(logical_key.substr(folder_key.size()));
  const std::string_view plain = url.substr(0, url.find('?'));
  if (plain.ends_with(rest)) return std::string(plain.substr(0, plain.size() - rest.size()));
  return std::string(plain.substr(0, plain.find("/.unio/objects/") + 1));
}

ObjectLocation locate(const Registry& registry, const Context& context, const EntryView& entry) {
  const std::string url = entry.physical_key();
  auto below = key_below(registry.url(), url);
  auto own = own_object_key(url, entry.digest());
  // From a registry that was moved here, or from another one.
  if (own && own != below && registry.store().find(*own)) {
    return {&registry.store(), std::move(*own), std::nullopt};
  }
  if (below && url.find('?') == std::string::npos)
    return {&registry.store(), std::move(*below), std::nullopt};
  const PhysicalKey physical = PhysicalKey::parse(url);
  if (below) return {&registry.store(), std::move(*below), physical.version};
  if (physical.kind == PhysicalKey::Kind::file) {
    return {&context.stores.get("file:///"), physical.path.substr(1), std::nullopt};
  }
  return {&context.stores.get("s3://" + physical.bucket), physical.path, physical.version};
}

std::optional<KeptCopy> kept_copy(const ObjectLocation& location, const EntryView& entry) {
  CachedStore* store = location.store->cached();
  const auto digest = entry.digest();
  if (store == nullptr || !digest || digest->type != DigestType::sha2_256_chunked) return std::nullopt;
  return KeptCopy{store, layout::object(*digest)};
}

std::string current_url(const Registry& registry, const Context& context, const EntryView& entry) {
  std::string url = entry.physical_key();
  const auto own = own_object_key(url, entry.digest());
  if (!own || own == key_below(registry.url(), url)) return url;
  const ObjectLocation location = locate(registry, context, entry);
  return location.store == &registry.store() ? physical_url(registry, location.key) : url;
}

void read_entry_range(const Registry& registry, const Context& context, const EntryView& entry,
                      ByteRange range, const ByteSink& sink) {
  const ObjectLocation location = locate(registry, context, entry);
  const auto copy = kept_copy(location, entry);
  // Of objects under such a key the store itself knows.
  if (copy && copy->key != location.key && copy->store->read_kept(copy->key, range, sink)) return;
  const auto read = [&] {
    if (!location.version) {
      location.store->read(location.key, range, sink);
      return;
    }
    VersionedStore* versions = location.store->versioning();
    if (versions == nullptr) {
      throw Error(ErrorCode::unsupported, fmt::format("'{}' keeps no versions", location.store->url()));
    }
    versions->read_version(location.key, *location.version, range, sink);
  };
  in_context(read_step(entry), read);
}

std::optional<FarRead> find_far_read(const Registry& registry, const Context& context,
                                     const EntryView& entry) {
  if (entry.size() > largest_small_entry) return std::nullopt;
  ObjectLocation location = locate(registry, context, entry);
  FarStore* store = location.store->far();
  if (store == nullptr) return std::nullopt;
  return FarRead{store, std::move(location.key), std::move(location.version), entry.size()};
}

void check_content(const EntryView& entry, std::string_view content) {
  if (content.size() > entry.size()) throw_too_long(entry);
  check_size(entry, entry.physical_key(), content.size());
  if (const auto expected = entry.digest())
    check_digest(entry, *expected, digest_of(expected->type, as_bytes(content)));
}

namespace {

void read_checked(const Registry& registry, const Context& context, const EntryView& entry,
                  const ByteSink& sink) {
  const std::optional<Digest> expected = entry.digest();
  std::uint64_t size = 0;
  std::optional<DigestStream> stream;
  if (expected) stream.emplace(expected->type, entry.size());
  read_entry_range(registry, context, entry, ByteRange{}, [&](Bytes bytes) {
    throw_if_stopped(context.stop);
    size += bytes.size();
    if (size > entry.size()) throw_too_long(entry);
    if (stream) stream->update(bytes);
    sink(bytes);
    context.progress.advance(0, bytes.size());
  });
  check_size(entry, entry.physical_key(), size);
  if (stream) check_digest(entry, *expected, stream->finish());
}

}  // namespace

void read_entry(const Registry& registry, const Context& context, const EntryView& entry,
                const ByteSink& sink) {
  try {
    read_checked(registry, context, entry, sink);
  } catch (const Error& error) {
    // What arrived altered may be in the cache now, where the next read would find it.
    const auto copy = error.code() == ErrorCode::corruption
                          ? kept_copy(locate(registry, context, entry), entry)
                          : std::nullopt;
    if (copy) copy->store->clear({&copy->key, 1});
    throw;
  }
}

std::vector<Sha256Value> hash_local_chunks(const Context& context, const std::string& path,
                                           const FileStamp& stamp) {
  File file = File::open_for_reading(path);
  if (stamp_of(file.status()) != stamp) throw changed_while_read(path);
  NoProgress progress;
  std::vector<Sha256Value> chunks = hash_chunks(file, stamp.size, context, progress);
  if (stamp_of(file.status()) != stamp) throw changed_while_read(path);
  return chunks;
}

Digest hash_local_file(const Context& context, const std::string& path, const FileStamp& stamp,
                       DigestType type) {
  File file = File::open_for_reading(path);
  if (stamp_of(file.status()) != stamp) throw changed_while_read(path);
  const bool in_chunks = type == DigestType::sha2_256_chunked && stamp.size >= parallel_hash_from;
  const Digest digest = in_chunks
                            ? digest_from_chunks(hash_chunks(file, stamp.size, context, context.progress))
                            : hash_in_order(file, stamp.size, type, context);
  if (stamp_of(file.status()) != stamp) throw changed_while_read(path);
  return digest;
}

}  // namespace unio
