#include "engine/entry_reads.hpp"

#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "storage/far_reads.hpp"

namespace unio {
namespace {

/// What the cache has of the entry, if it is right.
std::optional<std::string> find_cached(const ObjectLocation& location, const EntryView& entry) {
  const auto copy = kept_copy(location, entry);
  if (!copy) return std::nullopt;
  auto content = copy->store->find_kept(copy->key, largest_small_entry);
  if (!content) return std::nullopt;
  try {
    check_content(entry, *content);
  } catch (const Error&) {
    copy->store->clear({&copy->key, 1});
    return std::nullopt;
  }
  return content;
}

void keep_copy(const ObjectLocation& location, const EntryView& entry, std::string_view content) {
  if (const auto copy = kept_copy(location, entry)) copy->store->put(copy->key, as_bytes(content));
}

std::string read_whole(const Registry& registry, const Context& context, const EntryView& entry) {
  std::string content;
  content.reserve(entry.size());
  read_entry(registry, context, entry, [&](Bytes bytes) { content += as_text(bytes); });
  return content;
}

}  // namespace

std::optional<std::string> find_at_hand(const Registry& registry, const Context& context,
                                        const EntryView& entry) {
  if (entry.size() > largest_small_entry) return std::nullopt;
  const ObjectLocation location = locate(registry, context, entry);
  if (location.store->far() != nullptr) return find_cached(location, entry);
  return read_whole(registry, context, entry);
}

void start_fetch(const Registry& registry, const Context& context, const EntryView& entry,
                 EntryArrived arrived) {
  const auto read = find_far_read(registry, context, entry);
  check(read.has_value(), "what is near or large is not fetched");
  read->store->start_read(read->key, {0, read->size + 1}, read->version, read->checked, std::move(arrived));
}

void take_content(const Registry& registry, const Context& context, const EntryView& entry,
                  std::string_view content) {
  check_content(entry, content);
  keep_copy(locate(registry, context, entry), entry, content);
}

void read_contents(const Registry& registry, const Context& context, std::span<const EntryView> entries,
                   const std::function<void(std::size_t, std::string)>& take) {
  std::vector<std::size_t> near;
  std::vector<std::pair<std::size_t, ObjectLocation>> far;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ObjectLocation location = locate(registry, context, entries[i]);
    if (location.store->far() == nullptr || entries[i].size() > largest_small_entry) {
      near.push_back(i);
    } else {
      far.emplace_back(i, std::move(location));
    }
  }
  const auto done = [&](std::size_t i, std::string content) {
    take(i, std::move(content));
    context.progress.advance(1, 0);
  };
  // What the cache has needs no turn among those that are asked for.
  std::vector<std::size_t> asked;
  for (std::size_t number = 0; number < far.size(); ++number) {
    throw_if_stopped(context.stop);
    const auto& [i, location] = far[number];
    auto content = find_cached(location, entries[i]);
    if (!content) {
      asked.push_back(number);
      continue;
    }
    context.progress.advance(0, content->size());
    done(i, *std::move(content));
  }
  read_far(
      asked.size(),
      {.threads = context.threads,
       .step = [&](std::size_t n) { return read_step(entries[far[asked[n]].first]); }},
      context.stop,
      [&](std::size_t n) {
        const auto& [i, location] = far[asked[n]];
        return FarRead{location.store->far(), location.key, location.version, entries[i].size()};
      },
      [&](std::size_t n, std::string content) {
        const auto& [i, location] = far[asked[n]];
        check_content(entries[i], content);
        keep_copy(location, entries[i], content);
        context.progress.advance(0, content.size());
        done(i, std::move(content));
      });
  parallel_for(near.size(), context.threads, context.stop,
               [&](std::size_t n) { done(near[n], read_whole(registry, context, entries[near[n]])); });
}

}  // namespace unio
