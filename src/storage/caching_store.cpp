#include "storage/caching_store.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "storage/file_ranges.hpp"

namespace unio {

CachingStore::CachingStore(ObjectStore& inner, CacheFolder& cache, IsImmutable is_immutable, FillCache fill)
    : inner_(inner), cache_(cache), is_immutable_(std::move(is_immutable)), fill_(fill) {}

std::string CachingStore::name_of(std::string_view key) const {
  std::string name = inner_.url();
  name += '\n';
  return name += key;
}

ObjectInfo CachingStore::read(std::string_view key, ByteRange range, const ByteSink& sink) {
  check_object_key(key);
  if (!has_kept(key)) return inner_.read(key, range, sink);
  if (auto found = cache_.find(name_of(key))) {
    found->info.key = key;
    stream_range(found->file, found->info.size, range, sink);
    return std::move(found->info);
  }
  const bool wanted = fill_ == FillCache::always || cache_.is_pinned(name_of(key));
  const bool may_be_whole = range.offset == 0;
  return wanted && may_be_whole ? read_and_keep(key, range, sink) : inner_.read(key, range, sink);
}

void CachingStore::start_read(std::string_view key, ByteRange range,
                              const std::optional<std::string>& version, Checked checked, Arrived arrived) {
  auto found = version || !is_immutable_(key) ? std::nullopt : cache_.find(name_of(key));
  if (!found) return inner_.far()->start_read(key, range, version, checked, std::move(arrived));
  std::string content;
  stream_range(found->file, found->info.size, range, [&](Bytes bytes) { content += as_text(bytes); });
  arrived(nullptr, std::move(content));
}

ObjectInfo CachingStore::read_and_keep(std::string_view key, ByteRange range, const ByteSink& sink) {
  CacheFolder::Filling filling = cache_.fill(name_of(key));
  ObjectInfo info = inner_.read(key, range, [&](Bytes bytes) {
    filling.append(bytes);
    sink(bytes);
  });
  if (info.size <= range.length) filling.finish(info);
  return info;
}

ObjectInfo CachingStore::write(std::string_view key, Bytes content, const Condition& condition) {
  ObjectInfo info = inner_.write(key, content, condition);
  if (is_immutable_(key)) cache_.drop(name_of(key));
  return info;
}

ObjectInfo CachingStore::copy(std::string_view from, std::string_view to, const Condition& condition) {
  ObjectInfo info = inner_.copy(from, to, condition);
  if (is_immutable_(to)) cache_.drop(name_of(to));
  return info;
}

void CachingStore::remove(std::string_view key, const Condition& condition) {
  inner_.remove(key, condition);
  if (is_immutable_(key)) cache_.drop(name_of(key));
}

void CachingStore::remove_all(std::span<const std::string> keys) {
  inner_.remove_all(keys);
  for (const std::string& key : keys) {
    if (is_immutable_(key)) cache_.drop(name_of(key));
  }
}

void CachingStore::keep(std::string_view key, const std::function<void(const ByteSink&)>& read) {
  check_object_key(key);
  if (!is_immutable_(key)) {
    throw Error(ErrorCode::unsupported,
                fmt::format("'{}' in '{}' may change, so it cannot be cached", key, url()));
  }
  pin(key);
  if (cache_.find(name_of(key))) return;
  try {
    fill_from(key, read);
  } catch (...) {
    unpin(key);
    throw;
  }
  if (cache_.find(name_of(key))) return;
  unpin(key);
  throw Error(ErrorCode::no_space, fmt::format("'{}' of '{}' does not fit into the cache", key, url()),
              "unio config cache.size shows how large it may be; one object may take a quarter of it");
}

void CachingStore::fill_from(std::string_view key, const std::function<void(const ByteSink&)>& read) {
  CacheFolder::Filling filling = cache_.fill(name_of(key));
  std::uint64_t size = 0;
  read([&](Bytes bytes) {
    size += bytes.size();
    filling.append(bytes);
  });
  filling.finish({.key = {}, .size = size, .etag = {}, .modified = {}, .version = {}});
}

bool CachingStore::has_kept(std::string_view key) {
  return is_immutable_(key) && (fill_ == FillCache::always || cache_.has_pins());
}

bool CachingStore::read_kept(std::string_view key, ByteRange range, const ByteSink& sink) {
  auto found = has_kept(key) ? cache_.find(name_of(key)) : std::nullopt;
  if (!found) return false;
  stream_range(found->file, found->info.size, range, sink);
  return true;
}

std::optional<std::string> CachingStore::find_kept(std::string_view key, std::uint64_t limit) {
  return has_kept(key) ? cache_.find_content(name_of(key), limit) : std::nullopt;
}

void CachingStore::put(std::string_view key, Bytes content) {
  if (fill_ != FillCache::always || !is_immutable_(key)) return;
  CacheFolder::Filling filling = cache_.fill(name_of(key));
  filling.append(content);
  filling.finish({.key = {}, .size = content.size(), .etag = {}, .modified = {}, .version = {}});
}

void CachingStore::clear(std::span<const std::string> keys) {
  for (const std::string& key : keys) {
    unpin(key);
    cache_.drop(name_of(key));
  }
}

}  // namespace unio
