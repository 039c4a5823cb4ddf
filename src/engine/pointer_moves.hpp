#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "engine/registry.hpp"

namespace unio {

/// One move of a pointer; `to` absent removes it, `from` absent makes it.
struct PointerMove {
  std::string pointer;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

/// What an operation is about to do with the pointers of one package, kept in `.unio/intents/` while it does
/// it (docs/formats/registry.md). Every step is idempotent, so whoever finds an intent may complete it: an
/// operation that died between two steps is finished by the next one.
struct Intent {
  enum class Kind { push, tag, rollback, remove };

  Kind kind = Kind::push;
  std::string op_id;
  PackageName name;
  std::vector<PointerMove> moves;
  /// Of a push: the second under which the revision should stand in the history.
  std::optional<std::int64_t> timestamp;
  std::string message;
  Time created{};
  std::string user;
  std::string host;
  std::int64_t process = 0;

  /// Error corruption for what is no intent or could not be completed, unsupported for one of a newer
  /// version.
  static Intent parse(std::string_view json);
  std::string dump() const;
};

/// "push", "tag", "rollback", "delete": as intents and reflogs name operations.
std::string_view operation_name(Intent::Kind kind);

/// One line of a pointer's reflog.
struct ReflogEntry {
  Time when{};
  std::string op_id;
  std::string operation;
  std::string user;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

/// Whether a pointer may be moved although it is not where the caller last saw it.
enum class Force { no, yes };

/// Moves `move.pointer` by compare-and-swap, with intent and reflog. The clash of a pointer with another
/// package's folder is checked first; the rules for tags are the caller's to check.
///
/// `move.from` is what the caller knows: when the pointer is elsewhere, Error conflict with both hashes, and
/// nothing was changed; with Force::yes the present value is replaced, whatever it is. A pointer that is at
/// `move.to` already is success. Returns what was replaced.
std::optional<std::string> move_pointer(const Registry& registry, const Context& context,
                                        const PackageName& name, Intent::Kind kind, const PointerMove& move,
                                        Force force);

/// Completes what operations on this package began and did not finish, and clears what they never came to.
/// Called by every operation before it moves a pointer, after it read the pointer. One listing when there is
/// nothing to do. What is no intent that this version understands is left alone, with a warning. Error
/// unsupported when there is something to do in a registry that this version must not write to.
void recover(const Registry& registry, const Context& context, const PackageName& name);

/// The reflog of a pointer, newest first.
std::vector<ReflogEntry> reflog(const Registry& registry, const PackageName& name, std::string_view pointer);

/// So often a move is tried that others are faster at. A store that says of every write that somebody was
/// faster, and shows nobody, must not be asked for ever.
inline constexpr int most_tries = 100;
/// The Error unavailable for the one that came after all of them.
Error always_moved(const PackageName& name, std::string_view pointer);

/// Error unsupported for moving a tag in a store that cannot do it safely: without the conditional write that
/// it needs, somebody else's tag could be lost. `present`: whether the tag is there. Force::yes moves it.
void check_tag_can_move(const Registry& registry, std::string_view tag, bool present, Force force);

/// Refuses a pointer that would be a file where another package's pointers need a folder, or the reverse
/// (`ds:v0` beside `ds/v0`).
void check_pointer_clash(const Registry& registry, const PackageName& name, std::string_view pointer);

// The steps of an intent, for publish.cpp.

/// Stores a new intent, or the same one with corrected moves.
void write_intent(const Registry& registry, const Intent& intent);
void remove_intent(const Registry& registry, const Intent& intent);
/// Completes a push whose `latest` stands: timestamp, tag, reflog, feed. Its intent may go then. Returns the
/// tag's other value when somebody else moved it meanwhile.
std::optional<std::string> complete_push(const Registry& registry, const Context& context,
                                         const Intent& intent);
void write_reflog(const Registry& registry, const Intent& intent, const PointerMove& move);

/// An Error conflict which says where the pointer is and where it was expected.
Error pointer_conflict(const PackageName& name, std::string_view pointer,
                       const std::optional<std::string>& present, const std::optional<std::string>& expected,
                       const std::optional<std::string>& wanted);

}  // namespace unio
