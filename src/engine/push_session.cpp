#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/error.hpp"
#include "base/json.hpp"
#include "engine/publish.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

constexpr std::chrono::hours session_abandoned_after{7 * 24};
constexpr std::chrono::hours upload_resumed_for{6 * 24};

/// One that cannot be read may be alive.
bool is_dead_session(const Registry& registry, const Context& context, const std::string& key) {
  try {
    const auto session = find_record(registry.store(), key);
    if (!session || session->json.get_string("host") != context.host) return false;
    const auto process = static_cast<pid_t>(session->json.get_integer("process"));
    return ::kill(process, 0) != 0 && errno == ESRCH;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corruption) throw;
    return false;
  }
}

void remove_dead_sessions(const Registry& registry, const Context& context) {
  for_each_object(registry.store(), layout::sessions, [&](const ObjectInfo& object) {
    throw_if_stopped(context.stop);
    const bool abandoned = context.clock.now() - object.modified > session_abandoned_after;
    if (!abandoned && !is_dead_session(registry, context, object.key)) return;
    registry.prepare_for_writing();
    registry.store().remove(object.key, Condition::none());
  });
}

}  // namespace

PushSession::PushSession(const Registry& registry, const Context& context, Known known)
    : registry_(registry), context_(context), known_(std::move(known)), id_(random_id(context.random)) {}

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
  if (overview_.has_sessions) remove_dead_sessions(registry_, context_);
  const std::string session = Json::object({{"format", 1},
                                            {"id", id_},
                                            {"started", format_time(context_.clock.now())},
                                            {"user", context_.user},
                                            {"host", context_.host},
                                            {"process", static_cast<std::int64_t>(::getpid())}})
                                  .dump() +
                              "\n";
  registry_.store().write(layout::session(id_), as_bytes(session), Condition::absent());
  announced_ = true;
  context_.failpoints.pass("push.after_session");
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
  remove_dead_sessions(registry_, context_);
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
