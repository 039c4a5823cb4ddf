#include "storage/object_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace unio {
namespace {

constexpr std::size_t longest_key = 1024;
/// Stores that page more finely cut it down.
constexpr std::size_t page_limit = 10'000;

std::string_view broken_rule(std::string_view key) {
  if (key.empty()) return "it is empty";
  if (key.size() > longest_key) return "it is longer than 1024 bytes";
  if (key.find('\0') != std::string_view::npos) return "it contains NUL";
  if (!is_utf8(key)) return "it is not UTF-8";
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    const std::string_view segment = key.substr(start, end - start);
    if (segment.empty()) return "it has an empty segment";
    if (segment == "." || segment == "..") return "it has a segment '.' or '..'";
    start = end + 1;
  }
  return {};
}

void append_limited(std::string& content, Bytes bytes, std::string_view key, std::uint64_t limit) {
  if (content.size() + bytes.size() > limit) {
    throw Error(ErrorCode::invalid_argument, fmt::format("object '{}' is larger than {} bytes", key, limit));
  }
  content += as_text(bytes);
}

}  // namespace

std::string read_object(ObjectStore& store, std::string_view key, std::uint64_t limit) {
  std::string content;
  store.read(key, ByteRange{}, [&](Bytes bytes) { append_limited(content, bytes, key, limit); });
  return content;
}

std::optional<ObjectContent> find_object(ObjectStore& store, std::string_view key, std::uint64_t limit) {
  ObjectContent object;
  try {
    object.info =
        store.read(key, ByteRange{}, [&](Bytes bytes) { append_limited(object.content, bytes, key, limit); });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return std::nullopt;
    throw;
  }
  return object;
}

void for_each_object(ObjectStore& store, std::string_view prefix,
                     const std::function<void(const ObjectInfo&)>& each, std::string_view after) {
  ListOptions options{.prefix = std::string(prefix),
                      .delimiter = {},
                      .start = {},
                      .limit = page_limit,
                      .after = std::string(after)};
  do {
    const ListPage page = store.list(options);
    for (const ObjectInfo& object : page.objects) each(object);
    options.start = page.next;
  } while (!options.start.empty());
}

std::vector<std::string> keys_below(ObjectStore& store, std::string_view prefix) {
  std::vector<std::string> keys;
  for_each_object(store, prefix, [&](const ObjectInfo& object) { keys.push_back(object.key); });
  return keys;
}

void check_object_key(std::string_view key) {
  const std::string_view rule = broken_rule(key);
  if (rule.empty()) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' is no object key: {}", key.substr(0, 200), rule));
}

}  // namespace unio
