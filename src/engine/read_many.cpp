#include "engine/read_many.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/far_reads.hpp"

namespace unio {
namespace {

constexpr std::uint64_t longest_object = std::uint64_t{64} << 20;
/// They wait, and cost no processor.
constexpr unsigned asking_threads = 32;

std::optional<std::string> find_range(ObjectStore& store, const std::string& key, ByteRange range) {
  std::string content;
  try {
    store.read(key, range, [&](Bytes bytes) { content += as_text(bytes); });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;
  }
  return content;
}

}  // namespace

void read_beginnings(ObjectStore& store, std::span<const std::string> keys, std::uint64_t limit,
                     const Context& context, const TakeObject& take) {
  FarStore* far = store.far();
  if (far == nullptr) {
    return parallel_for(keys.size(), context.threads, context.stop, [&](std::size_t i) {
      take(i, find_range(store, keys[i], {0, limit + 1}));
    });
  }
  FarReadOptions options;
  options.threads = std::max(1U, context.threads);
  options.missing = [&](std::size_t i) { take(i, std::nullopt); };
  read_far(
      keys.size(), options, context.stop,
      [&](std::size_t i) { return FarRead{.store = far, .key = keys[i], .version = {}, .size = limit}; },
      [&](std::size_t i, std::string content) { take(i, std::move(content)); });
}

void read_many(ObjectStore& store, std::span<const std::string> keys, std::uint64_t usual,
               const Context& context, const TakeObject& take) {
  read_beginnings(store, keys, usual, context, [&](std::size_t i, std::optional<std::string> content) {
    if (content && content->size() > usual) content = find_range(store, keys[i], {0, longest_object + 1});
    if (content && content->size() > longest_object) content = std::nullopt;
    take(i, std::move(content));
  });
}

void ask_many(ObjectStore& store, std::size_t count, const Context& context,
              const std::function<void(std::size_t i)>& each) {
  const unsigned threads = store.far() != nullptr ? asking_threads : context.threads;
  parallel_for(count, threads, context.stop, each);
}

}  // namespace unio
