#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "engine/feed.hpp"
#include "engine/publish.hpp"
#include "model/artifact.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::chrono::hours session_abandoned_after{7 * 24};
constexpr std::chrono::hours upload_resumed_for{6 * 24};

/// A save that came so far that its metadata stands needs no longer than this for the rest.
constexpr std::chrono::minutes save_finished_after{1};

constexpr std::size_t host_mark_digits = 16;

/// Absent for one that is gone, or cannot be read: it may be alive.
std::optional<Json> find_session(const Registry& registry, const std::string& key) {
  try {
    auto session = find_record(registry.store(), key);
    return session ? std::optional(std::move(session->json)) : std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corruption) throw;
    return std::nullopt;
  }
}

bool is_gone(std::int64_t process) {
  return ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

bool is_dead(const Json& session, const Context& context) {
  try {
    return session.get_string("host") == context.host && is_gone(session.get_integer("process"));
  } catch (const Error&) {
    return false;
  }
}

/// What stands for a host in names, where it may be anything.
std::string host_mark(const Context& context) {
  return to_hex(sha256(as_bytes(context.host))).substr(0, host_mark_digits);
}

/// Whether the owner that the name tells may live; names of other programs, and of older versions, tell
/// none.
bool names_live_owner(std::string_view key, const Context& context) {
  constexpr std::string_view suffix = ".json";
  if (!key.starts_with(layout::sessions) || !key.ends_with(suffix)) return false;
  key.remove_prefix(layout::sessions.size());
  key.remove_suffix(suffix.size());
  const std::size_t last = key.rfind('-');
  const std::size_t first = key.find('-');
  if (first == last || last != first + 1 + host_mark_digits) return false;
  const std::string_view digits = key.substr(last + 1);
  pid_t process = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), process);
  if (error != std::errc() || end != digits.data() + digits.size() || process <= 0) return false;
  return key.substr(first + 1, host_mark_digits) != host_mark(context) || !is_gone(process);
}

bool keeps_leftovers(const Json& session) {
  const Json* in_place = session.find("in_place");
  return in_place != nullptr && in_place->truthy();
}

/// Whether the session is about a save that exists: then it has been completed. Records may come from
/// anybody: one that says no such thing must not stop others.
bool complete_save(const Registry& registry, const Context& context, const Json& session) {
  try {
    const std::string& metadata = session.get_string("metadata");
    const Json* entry = session.find("entry");
    if (entry == nullptr || !registry.store().find(metadata)) return false;
    registry.prepare_for_writing();
    append_feed(registry, *entry, context.clock.now(), context);
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corruption || error.code() == ErrorCode::invalid_argument) return false;
    throw;
  }
}

bool is_of_repository(const Json& session) {
  return session.find("repository") != nullptr;
}

/// Readers of the feed look at the repository, whatever became of its index.
void list_repository(const Registry& registry, const Context& context, const Json& session) {
  const Json* entry = session.find("entry");
  if (entry == nullptr || !entry->find_string("op")) return;
  registry.prepare_for_writing();
  append_feed(registry, *entry, context.clock.now(), context);
}

void clear_save(const Registry& registry, const Json& session) {
  const auto folder = session.find_string("artifact");
  if (!folder || !layout::is_artifact_folder(*folder) || keeps_leftovers(session)) return;
  const std::vector<std::string> keys = keys_below(registry.store(), *folder + "/");
  // A revision of the metadata was to come to an artifact that stands.
  const std::string metadata = *folder + "/" + layout::metadata_file(0);
  if (std::find(keys.begin(), keys.end(), metadata) != keys.end()) return;
  registry.prepare_for_writing();
  registry.store().remove_all(keys);
}

/// True when the session may go.
bool settle(const Registry& registry, const Context& context, const ObjectInfo& object) {
  // Of a young one whose owner may live there is nothing to say: with many who save at once it is most.
  const bool young = object.modified >= context.clock.now() - save_finished_after;
  if (young && names_live_owner(object.key, context)) return false;
  const Time age_limit = context.clock.now() - session_abandoned_after;
  const bool abandoned = object.modified < age_limit;
  const auto session = find_session(registry, object.key);
  if (!session) return abandoned;
  const bool dead = abandoned || is_dead(*session, context);
  const bool due = dead || !young;
  if (is_of_repository(*session)) {
    if (due) list_repository(registry, context, *session);
    return due;
  }
  if (session->find("artifact") == nullptr) return dead;
  if (due && complete_save(registry, context, *session)) return true;
  if (dead) clear_save(registry, *session);
  return dead;
}

void settle_sessions(const Registry& registry, const Context& context) {
  for_each_object(registry.store(), layout::sessions, [&](const ObjectInfo& object) {
    throw_if_stopped(context.stop);
    if (!settle(registry, context, object)) return;
    registry.prepare_for_writing();
    registry.store().remove(object.key, Condition::none());
  });
}

}  // namespace

std::string session_id(const Context& context) {
  return fmt::format("{}-{}-{}", random_id(context.random), host_mark(context), ::getpid());
}

Json session_record(std::string_view id, const Context& context) {
  return Json::object({{"format", 1},
                       {"id", id},
                       {"started", format_time(context.clock.now())},
                       {"user", context.user},
                       {"host", context.host},
                       {"process", static_cast<std::int64_t>(::getpid())}});
}

PushSession::PushSession(const Registry& registry, const Context& context, Known known)
    : registry_(registry), context_(context), known_(std::move(known)), id_(session_id(context)) {}

const std::optional<Pointer>& PushSession::latest(const PackageName& name) {
  std::call_once(latest_once_, [&] { latest_ = registry_.find_pointer(name, "latest"); });
  return latest_;
}

void PushSession::announce() {
  std::call_once(once_, [&] { write_announcement(); });
}

void PushSession::write_announcement() {
  if (known_.holder == Holder::another) {
    format_etag_ = registry_.prepare_for_writing();
    return;
  }
  // Before the overview, so that whoever moved `latest` until then has left his intent in it.
  if (known_.name) latest(*known_.name);
  if (known_.name && registry_.store().far() != nullptr) overview_ = registry_.overview();
  format_etag_ = overview_.format_etag;
  if (format_etag_.empty() || format_etag_ != known_.format_etag)
    format_etag_ = registry_.prepare_for_writing();
  if (overview_.has_sessions) settle_sessions(registry_, context_);
  Json session = session_record(id_, context_);
  if (known_.save) {
    session.set("artifact", known_.save->folder);
    session.set("metadata", known_.save->metadata);
    session.set("entry", known_.save->feed_entry);
    session.set("in_place", known_.save->leftovers == AnnouncedSave::Leftovers::keep);
  }
  registry_.store().write(layout::session(id_), as_bytes(session.dump() + "\n"), Condition::absent());
  announced_ = true;
  context_.failpoints.pass("push.after_session");
}

void PushSession::check_announced() const {
  if (registry_.store().find(layout::session(id_))) return;
  throw Error(ErrorCode::conflict,
              fmt::format("another process on a host named '{}' took this one for dead", context_.host),
              "give each container a host name of its own, and run the command again");
}

void PushSession::end_with(const std::string& key) {
  const std::vector<std::string> keys{key, layout::session(id_)};
  try {
    registry_.store().remove_all(keys);
    announced_ = false;
  } catch (const Error&) {
    // What stays behind is completed and removed by the next push; the publication stands.
  }
}

void PushSession::clear_dead() {
  settle_sessions(registry_, context_);
}

void PushSession::sweep_uploads() {
  std::call_once(sweep_once_, [&] {
    try {
      sweep_abandoned_uploads(registry_, context_);
    } catch (const Error&) {
      // Not everybody may list uploads, and nothing depends on their absence.
    }
  });
}

Time PushSession::resume_since() const {
  return context_.clock.now() - upload_resumed_for;
}

void settle_saves(const Registry& registry, const Context& context) {
  try {
    settle_sessions(registry, context);
  } catch (const Error& error) {
    // Whoever reads need not be allowed to write.
    if (error.code() == ErrorCode::cancelled) throw;
  }
}

std::size_t sweep_abandoned_uploads(const Registry& registry, const Context& context) {
  StagingStore* staging = registry.store().staging();
  if (staging == nullptr) return 0;
  const Time begun_before = context.clock.now() - session_abandoned_after;
  return staging->sweep(layout::own_parts, begun_before) + staging->sweep(layout::manifests, begun_before);
}

PushSession::~PushSession() {
  if (!announced_) return;
  try {
    registry_.store().remove(layout::session(id_), Condition::none());
  } catch (const std::exception&) {
    // A session that stays behind is removed by the next push; nothing depends on its absence.
  }
}

}  // namespace unio
