#include "engine/pointer_moves.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/error.hpp"
#include "engine/feed.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

/// The owner of an older intent is taken for dead: on another host it cannot be asked, and on this one
/// another process may have its number. Clearing the intent of a live operation only costs it its protection
/// against a crash.
constexpr std::chrono::hours abandoned_after{1};
constexpr std::uint64_t longest_intent = 1 << 20;

std::optional<std::string> value_of(const std::optional<Pointer>& pointer) {
  return pointer ? std::optional(pointer->top_hash) : std::nullopt;
}

Condition condition_for(const std::optional<Pointer>& present) {
  return present ? Condition::matches(present->etag) : Condition::absent();
}

bool owner_is_gone(const Intent& intent, const Context& context) {
  if (context.clock.now() - intent.created > abandoned_after) return true;
  return intent.host == context.host && ::kill(static_cast<pid_t>(intent.process), 0) != 0 && errno == ESRCH;
}

std::string describe(const std::optional<std::string>& hash) {
  return hash ? *hash : "absent";
}

/// Absent when its owner finished between listing and reading, and for what this version does not understand:
/// one file that is damaged or comes from a newer version must not stop everybody.
std::optional<Intent> find_intent(const Registry& registry, const Context& context, const std::string& key) {
  try {
    const auto content = find_object(registry.store(), key, longest_intent);
    if (!content) return std::nullopt;
    Intent intent = Intent::parse(content->content);
    if (layout::intent(intent.op_id) == key) return intent;
    throw Error(ErrorCode::corruption, fmt::format("it is the intent of operation '{}'", intent.op_id));
  } catch (const Error& error) {
    const bool unreadable = error.code() == ErrorCode::corruption || error.code() == ErrorCode::unsupported ||
                            error.code() == ErrorCode::invalid_argument;
    if (!unreadable) throw;
    context.progress.warn(fmt::format("'{}/{}' is left alone: {}", registry.url(), key, error.what()));
    return std::nullopt;
  }
}

std::vector<Intent> intents_of(const Registry& registry, const Context& context, const PackageName& name) {
  std::vector<Intent> intents;
  for_each_object(registry.store(), layout::intents, [&](const ObjectInfo& object) {
    throw_if_stopped(context.stop);
    auto intent = find_intent(registry, context, object.key);
    if (intent && intent->name == name) intents.push_back(std::move(*intent));
  });
  return intents;
}

/// Whether every move of the intent can be seen to have happened, as far as it must be for completion: for a
/// push that `latest` stands, since the rest follows from it.
bool took_effect(const Registry& registry, const Intent& intent) {
  const PointerMove& first = intent.moves.front();
  return value_of(registry.find_pointer(intent.name, first.pointer)) == first.to;
}

Json hash_or_null(const std::optional<std::string>& hash) {
  return hash ? Json(*hash) : Json();
}

/// So that others see that a name has moved.
void write_feed(const Registry& registry, const Intent& intent, const PointerMove& move,
                const Context& context) {
  const Json entry = Json::object({{"op", intent.op_id},
                                   {"kind", operation_name(intent.kind)},
                                   {"package", intent.name.text()},
                                   {"pointer", move.pointer},
                                   {"from", hash_or_null(move.from)},
                                   {"to", hash_or_null(move.to)},
                                   {"when", format_time(intent.created)},
                                   {"user", intent.user}});
  append_feed(registry, entry, intent.created, context);
}

void complete(const Registry& registry, const Context& context, const Intent& intent) {
  if (intent.kind == Intent::Kind::push) {
    complete_push(registry, context, intent);
  } else {
    for (const PointerMove& move : intent.moves) {
      write_reflog(registry, intent, move);
      write_feed(registry, intent, move, context);
    }
  }
  remove_intent(registry, intent);
}

void apply(const Registry& registry, const PackageName& name, const PointerMove& move,
           const std::optional<Pointer>& present) {
  const std::string key = layout::pointer(name, move.pointer);
  if (move.to) {
    registry.store().write(key, as_bytes(*move.to), condition_for(present));
  } else if (present) {
    registry.store().remove(key, condition_for(present));
  }
}

bool is_folder(ObjectStore& store, std::string prefix) {
  ListOptions options{.prefix = std::move(prefix), .delimiter = {}, .start = {}, .limit = 1};
  do {
    const ListPage page = store.list(options);
    if (!page.objects.empty()) return true;
    options.start = page.next;
  } while (!options.start.empty());
  return false;
}

Intent new_intent(const Context& context, const PackageName& name, Intent::Kind kind,
                  const PointerMove& move) {
  Intent intent;
  intent.kind = kind;
  intent.op_id = random_id(context.random);
  intent.name = name;
  intent.moves = {move};
  intent.created = context.clock.now();
  intent.user = context.user;
  intent.host = context.host;
  intent.process = ::getpid();
  return intent;
}

}  // namespace

Error pointer_conflict(const PackageName& name, std::string_view pointer,
                       const std::optional<std::string>& present, const std::optional<std::string>& expected,
                       const std::optional<std::string>& wanted) {
  return Error(ErrorCode::conflict,
               fmt::format("'{}' of '{}' is {}, not {} as it was known here; it was not moved to {}", pointer,
                           name.text(), describe(present), describe(expected), describe(wanted)),
               fmt::format("unio diff and unio install show and fetch what others published; --force moves "
                           "'{}' anyway and the reflog keeps its value",
                           pointer));
}

void recover(const Registry& registry, const Context& context, const PackageName& name) {
  const std::vector<Intent> intents = intents_of(registry, context, name);
  if (!intents.empty()) registry.prepare_for_writing();
  for (const Intent& intent : intents) {
    if (took_effect(registry, intent)) {
      // Its owner may have written it anew for another try. Once the move shows, it stays as it is, or goes.
      const auto settled = find_intent(registry, context, layout::intent(intent.op_id));
      if (settled) complete(registry, context, *settled);
    } else if (owner_is_gone(intent, context)) {
      remove_intent(registry, intent);
    }
  }
}

std::optional<std::string> move_pointer(const Registry& registry, const Context& context,
                                        const PackageName& name, Intent::Kind kind, const PointerMove& wanted,
                                        Force force) {
  registry.prepare_for_writing();
  const std::string failpoint(kind == Intent::Kind::rollback ? "rollback" : "tag");
  PointerMove move = wanted;
  for (int tries = 1;; ++tries) {
    throw_if_stopped(context.stop);
    if (tries > most_tries) throw always_moved(name, move.pointer);
    if (move.to) check_pointer_clash(registry, name, move.pointer);
    const auto present = registry.find_pointer(name, move.pointer);
    recover(registry, context, name);
    if (value_of(present) == move.to) return value_of(present);
    if (move.to) check_tag_can_move(registry, move.pointer, present.has_value(), force);
    if (force == Force::no && value_of(present) != wanted.from) {
      throw pointer_conflict(name, move.pointer, value_of(present), wanted.from, wanted.to);
    }
    move.from = value_of(present);
    const Intent intent = new_intent(context, name, kind, move);
    write_intent(registry, intent);
    context.failpoints.pass(failpoint + ".after_intent");
    try {
      apply(registry, name, move, present);
    } catch (const Error& error) {
      // Any other failure may hide a success; the intent stays for whoever comes next to see.
      if (error.code() != ErrorCode::conflict) throw;
      remove_intent(registry, intent);
      continue;  // somebody moved it since we looked: look again
    }
    context.failpoints.pass(failpoint + ".after_move");
    complete(registry, context, intent);
    return move.from;
  }
}

Error always_moved(const PackageName& name, std::string_view pointer) {
  return Error(ErrorCode::unavailable,
               fmt::format("'{}' of '{}' could not be moved: {} times it was said to have moved meanwhile",
                           pointer, name.text(), most_tries),
               "run the command again");
}

void check_tag_can_move(const Registry& registry, std::string_view tag, bool present, Force force) {
  ProbedStore* probed = registry.store().probed();
  if (probed == nullptr || force == Force::yes || tag == "latest") return;
  const StoreCapabilities able = probed->capabilities();
  if (present ? able.swap : able.create_only) return;
  throw Error(ErrorCode::unsupported,
              fmt::format("the service of '{}' has no conditional writes, so that the tag '{}' cannot move "
                          "safely",
                          registry.url(), tag),
              "push without a tag, or --force while nobody else pushes");
}

void check_pointer_clash(const Registry& registry, const PackageName& name, std::string_view pointer) {
  const std::string own = layout::pointer(name, pointer);
  if (is_folder(registry.store(), own + "/")) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}:{}' cannot stand beside the package '{}/{}': both would be '{}'",
                            name.text(), pointer, name.text(), pointer, own),
                "choose another tag");
  }
  const std::string& text = name.text();
  const auto slash = text.find('/');
  if (slash == std::string::npos) return;
  const PackageName parent = PackageName::parse(std::string_view(text).substr(0, slash));
  const std::string_view last = std::string_view(text).substr(slash + 1);
  if (registry.store().find(layout::pointer(parent, last))) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("package '{}' cannot stand beside the tag '{}:{}'", text, parent.text(), last),
                "choose another name for the package");
  }
}

}  // namespace unio
