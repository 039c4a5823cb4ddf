#include "engine/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <span>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "model/registry_layout.hpp"
#include "storage/far_reads.hpp"

namespace unio {
namespace {

/// How far a reader looks back before the newest entry that it knows.
constexpr std::chrono::minutes look_back{5};
/// How far the time in a key may be from the store's.
constexpr std::chrono::minutes tolerance{1};
constexpr std::chrono::hours compacted_after{24};
constexpr std::size_t least_compacted = 1000;
constexpr std::size_t most_lines = 10'000;
/// Entries that are read at once, and then given to the reader in order.
constexpr std::size_t round_size = 1000;
/// Entries may be compacted while they are read as often as this.
constexpr int most_listings = 5;
constexpr std::uint64_t longest_entry = std::uint64_t{64} << 10;

struct Listed {
  std::string key;
  layout::FeedKey parsed;
  Time modified{};
  std::uint64_t size = 0;

  bool operator<(const Listed& other) const { return parsed.name < other.parsed.name; }
};

struct FeedListing {
  std::vector<Listed> entries;    ///< ascending
  std::vector<Listed> compacted;  ///< ascending
};

FeedListing list_feed(const Registry& registry, const std::string& after, const Context& context) {
  FeedListing listing;
  const auto take = [&](const ObjectInfo& object) {
    throw_if_stopped(context.stop);
    auto parsed = layout::find_feed_key(object.key);
    if (!parsed) return;
    auto& list = parsed->compacted ? listing.compacted : listing.entries;
    list.push_back({object.key, *std::move(parsed), object.modified, object.size});
  };
  for_each_object(registry.store(), layout::feed, take, after);
  return listing;
}

bool is_told(Time time) {
  return time != Time{};
}

/// An entry of a writer whose clock is ahead of the store's must not move a reader's position.
bool is_ahead(const Listed& listed) {
  return is_told(listed.modified) && listed.parsed.time > listed.modified + tolerance;
}

bool is_old(const Listed& entry, Time now) {
  return entry.parsed.time < now - compacted_after &&
         (!is_told(entry.modified) || entry.modified < now - compacted_after);
}

/// The contents of some entries, in their order. Error not_found when one was compacted meanwhile.
std::vector<std::string> read_all(const Registry& registry, std::span<const Listed> entries,
                                  const Context& context) {
  std::vector<std::string> contents(entries.size());
  if (FarStore* far = registry.store().far()) {
    const FarReadOptions options{.threads = 1};
    read_far(
        entries.size(), options, context.stop,
        [&](std::size_t i) {
          return FarRead{.store = far, .key = entries[i].key, .version = {}, .size = entries[i].size};
        },
        [&](std::size_t i, std::string content) { contents[i] = std::move(content); });
  } else {
    parallel_for(entries.size(), context.threads, context.stop, [&](std::size_t i) {
      contents[i] = read_object(registry.store(), entries[i].key, longest_entry);
    });
  }
  return contents;
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// One reading of the feed: what it has seen, and where it is.
class Reader {
 public:
  Reader(const Registry& registry, const FeedQuery& query, const Context& context,
         const std::function<void(const FeedEntry&)>& each)
      : registry_(registry), query_(query), after_(query.after), context_(context), each_(each) {
    reading_.position.newest = after_.newest;
    known_.insert(after_.known.begin(), after_.known.end());
    // An operation may stand in the feed under two times.
    for (const std::string& name : after_.known) seen_.insert(name.substr(name.find('-') + 1));
  }

  FeedReading read() {
    for (int listings = 1;; ++listings) {
      try {
        read_once();
        break;
      } catch (const Error& error) {
        // Compacted since it was listed.
        if (error.code() != ErrorCode::not_found || listings == most_listings) throw;
      }
    }
    for (const std::string& name : known_) {
      const auto time = layout::find_feed_time(name);
      if (time && *time >= start_of(reading_.position.newest)) reading_.position.known.push_back(name);
    }
    return std::move(reading_);
  }

 private:
  static Time start_of(Time newest) { return is_told(newest) ? newest - look_back : newest; }

  void read_once() {
    const bool from_beginning = !is_told(after_.newest);
    const FeedListing listing = list_feed(
        registry_, from_beginning ? std::string() : layout::feed_since(start_of(after_.newest)), context_);
    const Time now = context_.clock.now();
    reading_.old_entries = static_cast<std::size_t>(std::count_if(
        listing.entries.begin(), listing.entries.end(), [&](const Listed& e) { return is_old(e, now); }));
    for (const Listed& object : listing.compacted) {
      if (object.parsed.time >= start_of(after_.newest) && !known_.contains(object.parsed.name))
        take_compacted(object);
    }
    std::vector<Listed> unknown;
    for (const Listed& entry : listing.entries) {
      if (known_.contains(entry.parsed.name)) continue;
      if (is_wanted(entry.parsed.id)) unknown.push_back(entry);
      if (!is_wanted(entry.parsed.id)) remember(entry);
    }
    for (std::size_t start = 0; start < unknown.size(); start += round_size) {
      const std::size_t count = std::min(round_size, unknown.size() - start);
      take_round(std::span(unknown).subspan(start, count));
    }
  }

  /// Of a line of a compacted object, whether it is older than all that could be new.
  bool was_read(const FeedEntry& entry) const {
    const auto name = entry.record.find_string("name");
    const auto time = name ? layout::find_feed_time(*name) : std::nullopt;
    return time && is_told(after_.newest) && *time < start_of(after_.newest);
  }

  bool is_wanted(std::string_view op) const { return !query_.wanted || query_.wanted(op); }

  void take_round(std::span<const Listed> entries) {
    const std::vector<std::string> contents = read_all(registry_, entries, context_);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!seen_.contains(entries[i].parsed.id)) take(contents[i], entries[i].key);
      remember(entries[i]);
    }
  }

  void take_compacted(const Listed& object) {
    const std::string content = read_object(registry_.store(), object.key, longest_entry * most_lines);
    std::string_view rest = content;
    while (!rest.empty()) take(next_line(rest), object.key);
    remember(object);
  }

  void take(std::string_view line, const std::string& key) {
    FeedEntry entry;
    try {
      entry.record = Json::parse(line);
      entry.op = entry.record.get_string("op");
      entry.kind = entry.record.get_string("kind");
    } catch (const Error& error) {
      context_.progress.warn(fmt::format("'{}/{}' is left out: {}", registry_.url(), key, error.what()));
      return;
    }
    if (is_wanted(entry.op) && !was_read(entry) && seen_.insert(entry.op).second) each_(entry);
  }

  void remember(const Listed& listed) {
    known_.insert(listed.parsed.name);
    if (!is_ahead(listed)) reading_.position.newest = std::max(reading_.position.newest, listed.parsed.time);
  }

  const Registry& registry_;
  const FeedQuery& query_;
  const FeedPosition& after_;
  const Context& context_;
  const std::function<void(const FeedEntry&)>& each_;
  FeedReading reading_;
  std::set<std::string, std::less<>> known_;
  std::set<std::string, std::less<>> seen_;
};

/// The lines of a compacted object on its way, by the names of their entries.
using Lines = std::map<std::string, std::string>;

void add_line(Lines& lines, Json record, const std::string& name) {
  record.set("name", name);
  lines.insert_or_assign(name, record.dump());
}

/// The lines of the last compacted object, if there is room in it; its key goes to `replaced`.
Lines begin_lines(const Registry& registry, const std::vector<Listed>& compacted,
                  std::vector<std::string>& replaced) {
  Lines lines;
  if (compacted.empty()) return lines;
  const std::string& key = compacted.back().key;
  const std::string content = read_object(registry.store(), key, longest_entry * most_lines);
  for (std::string_view rest = content; !rest.empty();) {
    Json record = Json::parse(next_line(rest));
    const std::string name = record.get_string("name");
    if (!layout::find_feed_time(name))
      throw Error(ErrorCode::corruption, fmt::format("'{}/{}' has a line without name", registry.url(), key));
    add_line(lines, std::move(record), name);
  }
  if (lines.size() >= most_lines) return {};
  replaced.push_back(key);
  return lines;
}

void write_compacted(const Registry& registry, const Lines& lines, const Context& context) {
  std::string content;
  for (const auto& [name, line] : lines) content.append(line).append("\n");
  const Time last = layout::find_feed_time(lines.rbegin()->first).value();
  registry.store().write(layout::compacted_feed(last, random_id(context.random)), as_bytes(content),
                         Condition::absent());
}

/// One that cannot be read is left where it is.
bool take_entry(Lines& lines, const Listed& entry, const std::string& content) {
  try {
    Json record = Json::parse(content);
    if (!record.is_object()) return false;
    add_line(lines, std::move(record), entry.parsed.name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void append_feed(const Registry& registry, const Json& entry, Time when, const Context& context) {
  const std::string op = entry.get_string("op");
  const std::string line = entry.dump() + "\n";
  const Time now = context.clock.now();
  const Time time = now - when > tolerance ? now : when;
  const std::string key = layout::feed_entry(time, op);
  const ObjectInfo written = registry.store().write(key, as_bytes(line), Condition::none());
  if (!is_told(written.modified) || std::chrono::abs(written.modified - time) <= tolerance) return;
  registry.store().write(layout::feed_entry(written.modified, op), as_bytes(line), Condition::none());
  registry.store().remove(key, Condition::none());
}

FeedReading read_feed(const Registry& registry, const FeedQuery& query, const Context& context,
                      const std::function<void(const FeedEntry&)>& each) {
  return Reader(registry, query, context, each).read();
}

std::size_t compact_feed(const Registry& registry, const Context& context) {
  FeedListing listing = list_feed(registry, {}, context);
  const Time now = context.clock.now();
  std::erase_if(listing.entries, [&](const Listed& entry) { return !is_old(entry, now); });
  if (listing.entries.size() < least_compacted) return 0;
  std::vector<std::string> replaced;
  Lines lines = begin_lines(registry, listing.compacted, replaced);
  std::size_t taken = 0;
  for (std::size_t start = 0; start < listing.entries.size();) {
    const std::size_t room = std::min(round_size, most_lines - lines.size());
    const std::size_t count = std::min(room, listing.entries.size() - start);
    const auto round = std::span(listing.entries).subspan(start, count);
    const std::vector<std::string> contents = read_all(registry, round, context);
    for (std::size_t i = 0; i < count; ++i) {
      if (!take_entry(lines, round[i], contents[i])) continue;
      replaced.push_back(round[i].key);
      ++taken;
    }
    start += count;
    if (lines.size() < most_lines && start < listing.entries.size()) continue;
    write_compacted(registry, lines, context);
    registry.store().remove_all(replaced);
    replaced.clear();
    lines.clear();
  }
  return taken;
}

void tidy_feed(const Registry& registry, const FeedReading& reading, const Context& context) {
  if (reading.old_entries < least_compacted) return;
  try {
    registry.prepare_for_writing();
    compact_feed(registry, context);
  } catch (const Error& error) {
    // Not everybody may write, and somebody else may be at it.
    if (error.code() == ErrorCode::cancelled) throw;
  }
}

std::string FeedPosition::text() const {
  return Json::object({{"newest", format_time(newest)}, {"known", Json::Array(known.begin(), known.end())}})
      .dump();
}

FeedPosition FeedPosition::parse(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    FeedPosition position{.newest = parse_time(json.get_string("newest")), .known = {}};
    const Json* known = json.find("known");
    const Json::Array* names = known == nullptr ? nullptr : known->if_array();
    check(names != nullptr, "no names");
    for (const Json& name : *names) position.known.push_back(name.if_string() ? *name.if_string() : "");
    return position;
  } catch (const Error& error) {
    throw Error(ErrorCode::corruption, fmt::format("this is no position in a feed: {}", error.message()));
  }
}

}  // namespace unio
