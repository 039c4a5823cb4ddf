#include "engine/publish.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/json.hpp"
#include "engine/feed.hpp"
#include "engine/ingest.hpp"
#include "engine/retention.hpp"
#include "engine/write_manifest.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// The logs as objects of their content.
std::vector<ArtifactFile> store_logs(const Registry& registry, PushSession& session, const Context& context,
                                     const Texts& logs) {
  if (logs.empty()) return {};
  Ingest ingest(registry, session, context);
  std::vector<ArtifactFile> stored;
  for (const auto& [name, content] : logs) {
    const Bytes bytes = as_bytes(content);
    const Ingest::Taken taken = ingest.take(bytes);
    stored.push_back({.relpath = name,
                      .sha256 = sha256(bytes),
                      .size = bytes.size(),
                      .object = layout::object(taken.digest)});
  }
  ingest.commit();
  return stored;
}

void add_surroundings(Json& revision, const RevisionEnvironment& environment) {
  if (const auto& git = environment.environment.git)
    revision.set("git_commit", git->commit + (git->dirty ? "-dirty" : ""));
  revision.set("environment", environment.document());
}

void write_revision(const Registry& registry, const Context& context, const Publication& publication,
                    const Intent& intent, const std::string& top_hash,
                    const std::optional<RevisionEnvironment>& environment) {
  Json::Array parents(publication.parents.begin(), publication.parents.end());
  Json revision = Json::object({{"format", 1},
                                {"op", intent.op_id},
                                {"package", publication.name.text()},
                                {"top_hash", top_hash},
                                {"created", format_time(intent.created)},
                                {"user", context.user},
                                {"host", context.host},
                                {"tool", "unio"},
                                {"message", intent.message},
                                {"parents", std::move(parents)},
                                {"entries", static_cast<std::uint64_t>(publication.manifest.size())},
                                {"bytes", publication.manifest.total_bytes()}});
  if (publication.tag) revision.set("tag", *publication.tag);
  if (!publication.based_on.empty())
    revision.set("based_on", Json::Array(publication.based_on.begin(), publication.based_on.end()));
  if (environment) add_surroundings(revision, *environment);
  const std::string text = revision.dump(JsonStyle::pretty) + "\n";
  registry.store().write(layout::revision(top_hash, intent.op_id), as_bytes(text), Condition::absent());
}

Intent push_intent(const Context& context, const Publication& publication, const std::string& top_hash) {
  Intent intent;
  intent.kind = Intent::Kind::push;
  intent.op_id = random_id(context.random);
  intent.name = publication.name;
  intent.moves.push_back({"latest", std::nullopt, top_hash});
  if (publication.tag) intent.moves.push_back({*publication.tag, publication.known_tag, top_hash});
  intent.created = context.clock.now();
  intent.message = publication.manifest.message().value_or("");
  intent.user = context.user;
  intent.host = context.host;
  intent.process = ::getpid();
  return intent;
}

/// Refuses before anything is written when the tag is elsewhere; with Force::yes takes its present value as
/// known.
std::optional<std::string> expected_tag(const Registry& registry, const Publication& publication,
                                        const std::string& top_hash) {
  const auto pointer = registry.find_pointer(publication.name, *publication.tag);
  const auto present = pointer ? std::optional(pointer->top_hash) : std::nullopt;
  check_tag_can_move(registry, *publication.tag, present.has_value(), publication.force);
  if (present == top_hash || publication.force == Force::yes || present == publication.known_tag)
    return present;
  // A tag that was deleted since may be made again.
  if (!present) return present;
  throw pointer_conflict(publication.name, *publication.tag, present, publication.known_tag, top_hash);
}

/// Between the second that a publication is named after and the moment at which its `latest` stands.
constexpr std::int64_t longest_publication = 10;

/// A second that no publication stands under, with one under the second before unless it is now. Chosen
/// before the move, so that whoever completes it tells by this second, not by the hash alone, whether that
/// was done: a revision may come back within a second. Who publishes more often than once a second runs ahead
/// of the clock, so that the end of a long row of seconds is looked for in growing steps, and then between
/// two.
std::int64_t free_second(const Registry& registry, const PackageName& name,
                         const std::optional<Pointer>& latest, std::int64_t second) {
  // Whoever published last did so before this second, by the store's own clock.
  if (latest && unix_seconds(latest->modified) + longest_publication < second) return second;
  const auto is_taken = [&](std::int64_t s) {
    return registry.store().find(layout::pointer(name, std::to_string(s))).has_value();
  };
  if (!is_taken(second)) return second;
  std::int64_t taken = second, step = 1;
  while (is_taken(taken + step)) {
    taken += step;
    step *= 2;
  }
  std::int64_t free = taken + step;
  while (free - taken > 1) {
    const std::int64_t middle = taken + (free - taken) / 2;
    (is_taken(middle) ? taken : free) = middle;
  }
  return free;
}

/// Lets others go first, so that not all who lost come back at once.
void give_way(RandomSource& random, int tries) {
  constexpr int longest_wait = 50;
  const auto most = static_cast<std::uint64_t>(std::min(5 * tries, longest_wait));
  std::this_thread::sleep_for(std::chrono::milliseconds(random.next() % (most + 1)));
}

/// Moves `latest`, whatever it is: the history is the sequence of publications, not a branch. Whoever was
/// faster may have moved the tag as well: then there is nothing to publish.
std::optional<std::string> move_latest(const Registry& registry, PushSession& session, const Context& context,
                                       const Publication& publication, Intent& intent) {
  PointerMove& move = intent.moves.front();
  for (int tries = 1;; ++tries) {
    const bool first = tries == 1;
    throw_if_stopped(context.stop);
    if (tries > most_tries) throw always_moved(intent.name, move.pointer);
    if (!first) give_way(context.random, tries);
    if (!first && publication.tag) intent.moves.back().from = expected_tag(registry, publication, *move.to);
    const auto present =
        first ? session.latest(intent.name) : registry.find_pointer(intent.name, move.pointer);
    if (!first || session.may_have_intents()) recover(registry, context, intent.name);
    move.from = present ? std::optional(present->top_hash) : std::nullopt;
    intent.created = context.clock.now();
    intent.timestamp = free_second(registry, intent.name, present, unix_seconds(intent.created));
    write_intent(registry, intent);
    context.failpoints.pass("push.after_intent");
    if (move.from == move.to) return move.from;
    try {
      registry.store().write(layout::pointer(intent.name, move.pointer), as_bytes(*move.to),
                             present ? Condition::matches(present->etag) : Condition::absent());
      return move.from;
    } catch (const Error& error) {
      // Any other failure may hide a success; the intent stays for whoever comes next to see.
      if (error.code() != ErrorCode::conflict) throw;
      remove_intent(registry, intent);
      check_pointer_clash(registry, intent.name, move.pointer);
    }
  }
}

/// Writes the timestamp pointer: the first free second from the intent's on. A second that holds this hash
/// already is the one that an interrupted push, or whoever completed it, has written.
void write_timestamp(const Registry& registry, const Intent& intent) {
  const std::string& top_hash = *intent.moves.front().to;
  for (std::int64_t second = *intent.timestamp;; ++second) {
    const std::string name = std::to_string(second);
    if (second > *intent.timestamp + most_tries) throw always_moved(intent.name, name);
    try {
      registry.store().write(layout::pointer(intent.name, name), as_bytes(top_hash), Condition::absent());
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
    }
    const auto present = registry.find_pointer(intent.name, name);
    if (present && present->top_hash == top_hash) return;
  }
}

/// Returns the tag's other value when somebody else moved it.
std::optional<std::string> move_tag(const Registry& registry, const Intent& intent, const PointerMove& move) {
  bool blocked = false;
  for (int tries = 1;; ++tries) {
    if (tries > most_tries) throw always_moved(intent.name, move.pointer);
    const auto present = registry.find_pointer(intent.name, move.pointer);
    const auto value = present ? std::optional(present->top_hash) : std::nullopt;
    if (value == move.to) return std::nullopt;
    // Twice not there and yet not to be made: a package of this path has come up meanwhile.
    if (value != move.from || (blocked && !present)) return value.value_or("absent");
    try {
      registry.store().write(layout::pointer(intent.name, move.pointer), as_bytes(*move.to),
                             present ? Condition::matches(present->etag) : Condition::absent());
      return std::nullopt;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
      blocked = !present;
    }
  }
}

void write_feed(const Registry& registry, const Intent& intent, const Context& context) {
  const Json entry = Json::object({{"op", intent.op_id},
                                   {"kind", "package"},
                                   {"package", intent.name.text()},
                                   {"top_hash", *intent.moves.front().to},
                                   {"when", format_time(intent.created)},
                                   {"user", intent.user},
                                   {"message", intent.message}});
  append_feed(registry, entry, intent.created, context);
}

}  // namespace

std::optional<std::string> complete_push(const Registry& registry, const Context& context,
                                         const Intent& intent) {
  write_timestamp(registry, intent);
  context.failpoints.pass("push.after_timestamp");
  std::optional<std::string> tag_elsewhere;
  for (const PointerMove& move : intent.moves) {
    const bool is_tag = &move != &intent.moves.front();
    if (is_tag) tag_elsewhere = move_tag(registry, intent, move);
    if (!(is_tag && tag_elsewhere) && move.from != move.to) write_reflog(registry, intent, move);
  }
  context.failpoints.pass("push.after_tag");
  write_feed(registry, intent, context);
  context.failpoints.pass("push.after_feed");
  return tag_elsewhere;
}

namespace {

/// Whether a publication would change nothing: `latest` and tag are there, and no half-done push is left.
bool is_published(const Registry& registry, PushSession& session, const Context& context,
                  const PackageName& name, const std::string& top_hash,
                  const std::optional<std::string>& tag) {
  const auto& latest = session.latest(name);
  if (!latest || latest->top_hash != top_hash) return false;
  recover(registry, context, name);
  if (!tag) return true;
  const auto pointer = registry.find_pointer(name, *tag);
  return pointer && pointer->top_hash == top_hash;
}

}  // namespace

PublishResult publish(const Registry& registry, PushSession& session, const Context& context,
                      const Publication& publication) {
  const std::string top_hash = publication.manifest.top_hash();
  PublishResult result{.top_hash = top_hash, .published = false, .previous_latest = top_hash};
  if (is_published(registry, session, context, publication.name, top_hash, publication.tag)) {
    result.published = replaces_present(registry, publication.manifest, top_hash);
    if (!result.published) return result;
    session.announce();
    write_manifest(registry, context, publication.manifest, top_hash);
    return result;
  }

  session.announce();
  // A pointer that stands can clash with nothing.
  if (!session.latest(publication.name)) check_pointer_clash(registry, publication.name, "latest");
  Intent intent = push_intent(context, publication, top_hash);
  if (publication.tag) {
    intent.moves.back().from = expected_tag(registry, publication, top_hash);
    if (!intent.moves.back().from) check_pointer_clash(registry, publication.name, *publication.tag);
  }

  std::optional<RevisionEnvironment> environment;
  if (const auto& surroundings = publication.surroundings) {
    environment.emplace(
        RevisionEnvironment{.environment = surroundings->environment,
                            .logs = store_logs(registry, session, context, surroundings->logs)});
  }
  write_manifest(registry, context, publication.manifest, top_hash);
  context.failpoints.pass("push.after_manifest");
  write_revision(registry, context, publication, intent, top_hash, environment);
  context.failpoints.pass("push.after_revision");
  const auto logs =
      environment ? std::span<const ArtifactFile>(environment->logs) : std::span<const ArtifactFile>();
  retain_package({registry, publication.name, top_hash, publication.manifest, {}},
                 {layout::revision(top_hash, intent.op_id), logs}, context);
  result.previous_latest = move_latest(registry, session, context, publication, intent);
  context.failpoints.pass("push.after_latest");
  const auto tag_elsewhere = complete_push(registry, context, intent);
  session.end_with(layout::intent(intent.op_id));
  result.published = true;
  if (tag_elsewhere) {
    Error error = pointer_conflict(publication.name, *publication.tag, tag_elsewhere,
                                   intent.moves.back().from, top_hash);
    throw Error(ErrorCode::conflict,
                fmt::format("{} was published and 'latest' moved, but {}", top_hash, error.message()),
                error.hint());
  }
  return result;
}

}  // namespace unio
