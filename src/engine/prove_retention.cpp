#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "engine/retention.hpp"
#include "model/registry_layout.hpp"

namespace unio {
namespace {

using Bypass = RetentionStore::Bypass;
using Refusal = RetentionStore::Refusal;

/// The object that is attacked. What holds is decided by what can be read afterwards, not by what the service
/// says.
class Canary {
 public:
  Canary(const Registry& registry, const Context& context)
      : store_(registry.store()),
        retention_(*store_.retention()),
        context_(context),
        content_(fmt::format("canary {}\n", random_id(context.random))) {
    object_.key = fmt::format("{}{}", layout::canaries, random_id(context.random));
  }

  const std::string& key() const { return object_.key; }

  Attack upload() {
    wanted_ = retention_.wanted(object_.key).value_or(Retention{});
    object_.version = store_.write(object_.key, as_bytes(content_), Condition::absent()).version;
    const auto found = retention_.find_retained({&object_, 1}).front();
    const bool kept = found && object_.version && covers(found->retention, wanted_);
    return {
        "upload it under the policy", kept,
        kept ? "the service says that it is protected" : "the service ignores that it is to be protected"};
  }

  Attack remove_version(Bypass bypass) {
    const std::string what =
        bypass == Bypass::yes ? "delete its version, bypassing governance" : "delete its version";
    return told(what, retention_.remove_version(object_, bypass));
  }

  Attack shorten(Bypass bypass) {
    const std::string what =
        bypass == Bypass::yes ? "shorten its time, bypassing governance" : "shorten its time";
    Retention shorter = wanted_;
    shorter.until = std::chrono::floor<std::chrono::seconds>(context_.clock.now() +
                                                             (wanted_.until - context_.clock.now()) / 2);
    return told(what, retention_.change_retention(object_, shorter, bypass));
  }

  Attack weaken() {
    Retention weaker = wanted_;
    weaker.mode = Retention::Mode::governance;
    return told("turn compliance into governance", retention_.change_retention(object_, weaker, Bypass::no));
  }

  Attack overwrite() {
    return told("overwrite it", refused([&] {
                  store_.write(object_.key, as_bytes(std::string_view("not the canary\n")),
                               Condition::none());
                }));
  }

  Attack remove() {
    return told("delete it by its name", refused([&] { forget(); }));
  }

  void forget() { store_.remove(object_.key, Condition::none()); }

 private:
  template <class Do>
  static Refusal refused(const Do& attack) {
    try {
      attack();
      return std::nullopt;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::permission_denied) throw;
      return error.message();
    }
  }

  Attack told(std::string what, const Refusal& refusal) {
    const bool held = stands();
    std::string answer = refusal ? "refused: " + *refusal : std::string("done");
    if (!refusal && held) answer += ", but its version is unchanged";
    if (!held) answer += ", and its version is not as it was";
    return {std::move(what), held, std::move(answer)};
  }

  /// Whether the version can be read as it was written, and is protected as it was.
  bool stands() {
    const auto found = retention_.find_retained({&object_, 1}).front();
    if (!found || !covers(found->retention, wanted_)) return false;
    std::string content;
    store_.versioning()->read_version(object_.key, *object_.version, {},
                                      [&](Bytes bytes) { content += as_text(bytes); });
    return content == content_;
  }

  ObjectStore& store_;
  RetentionStore& retention_;
  const Context& context_;
  const std::string content_;
  ObjectVersion object_;
  Retention wanted_;
};

}  // namespace

bool RetentionProof::proved() const {
  return !attacks.empty() &&
         std::all_of(attacks.begin(), attacks.end(), [](const Attack& a) { return a.held; });
}

RetentionProof prove_retention(const Registry& registry, const Context& context) {
  RetentionProof proof;
  if (registry.store().retention() == nullptr) {
    proof.why_not =
        "a folder protects from mistakes only: files are read-only, and their owner can change that";
    return proof;
  }
  proof.policy = registry.retention();
  if (!proof.policy.protects()) {
    proof.why_not = "the registry has no policy of retention, so nothing is protected";
    return proof;
  }
  registry.prepare_for_writing();
  Canary canary(registry, context);
  proof.canary = canary.key();
  std::vector<Attack>& attacks = proof.attacks;
  attacks.push_back(canary.upload());
  // Nothing is asked of a service about a protection that it does not give.
  if (!attacks.front().held) {
    canary.forget();
    return proof;
  }
  attacks.push_back(canary.remove_version(Bypass::no));
  if (proof.policy.has_days()) attacks.push_back(canary.shorten(Bypass::no));
  if (proof.policy.mode == RetentionPolicy::Mode::compliance) attacks.push_back(canary.weaken());
  attacks.push_back(canary.overwrite());
  attacks.push_back(canary.remove());
  if (proof.policy.has_days()) {
    attacks.push_back(canary.shorten(Bypass::yes));
    attacks.push_back(canary.remove_version(Bypass::yes));
  }
  return proof;
}

}  // namespace unio
