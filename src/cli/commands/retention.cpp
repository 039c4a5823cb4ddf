#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/retention.hpp"

namespace unio {
namespace {

struct Options {
  std::optional<std::string> action;
  std::optional<std::string> subject;
  std::optional<std::string> days;
};

/// What a command is about: the registry itself, or some of its objects.
struct Subject {
  Registry registry;
  std::vector<ObjectVersion> objects;
};

Subject subject_of(Session& session, const Options& options) {
  const Context& context = session.context();
  if (!options.subject) return {open_registry(session, session.app().default_registry()), {}};
  if (is_artifact_id_prefix(*options.subject)) {
    const Registry registry = open_registry(session, session.app().default_registry());
    return {registry, objects_of(get_artifact(registry, *options.subject, context))};
  }
  const OpenedPackage package = open_reference(session, *options.subject);
  return {package.registry, objects_of(package, context)};
}

std::string_view state_name(ObjectProtection::State state) {
  switch (state) {
    case ObjectProtection::State::retained:
      return "protected";
    case ObjectProtection::State::expired:
      return "expired";
    case ObjectProtection::State::unprotected:
      return "unprotected";
    case ObjectProtection::State::removed:
      return "removed";
    case ObjectProtection::State::missing:
      return "missing";
    case ObjectProtection::State::read_only:
      return "read-only";
  }
  return {};
}

std::string_view mode_name(Retention::Mode mode) {
  switch (mode) {
    case Retention::Mode::none:
      break;
    case Retention::Mode::governance:
      return "governance";
    case Retention::Mode::compliance:
      return "compliance";
  }
  return {};
}

std::string text_of(const Retention& retention) {
  std::string text;
  if (retention.mode != Retention::Mode::none)
    text = fmt::format("{} until {}", mode_name(retention.mode), human_time(unix_seconds(retention.until)));
  if (retention.legal_hold) text += text.empty() ? "legal hold" : ", legal hold";
  return text;
}

Json protection_json(const ObjectProtection& protection) {
  Json json = Json::object({{"key", protection.object.key}, {"state", state_name(protection.state)}});
  if (protection.object.version) json.set("version", *protection.object.version);
  if (protection.retention.mode != Retention::Mode::none) {
    json.set("mode", mode_name(protection.retention.mode));
    json.set("until", format_time(protection.retention.until));
  }
  json.set("legal_hold", protection.retention.legal_hold);
  return json;
}

Json objects_json(const std::vector<ObjectProtection>& objects) {
  Json::Array list;
  for (const ObjectProtection& object : objects) list.push_back(protection_json(object));
  return list;
}

bool all_hold(const std::vector<ObjectProtection>& objects) {
  return std::all_of(objects.begin(), objects.end(), [](const auto& object) { return object.holds(); });
}

void print_objects(Session& session, const std::vector<ObjectProtection>& objects) {
  constexpr std::size_t state_width = 13, retention_width = 32;
  for (const ObjectProtection& object : objects) {
    session.line(fmt::format("{}{}  {}", padded(state_name(object.state), state_width),
                             padded(text_of(object.retention), retention_width),
                             printable(object.object.key)));
  }
}

bool is_folder(const Registry& registry) {
  return registry.store().files() != nullptr;
}

std::string policy_line(const Registry& registry, const RetentionPolicy& policy) {
  if (is_folder(registry))
    return "A folder protects from mistakes only: files of artifacts are read-only, and their owner can "
           "change that";
  if (!policy.protects()) return "No policy: what is published is not protected from removal";
  return fmt::format("Policy: {}, from the upload on", policy.text());
}

int show(Session& session, const Options& options) {
  const Subject subject = subject_of(session, options);
  const RetentionPolicy policy = subject.registry.retention();
  const auto objects = find_protection(subject.registry, subject.objects, session.context());
  if (session.json()) {
    Json json = Json::object({{"registry", subject.registry.url()}, {"policy", policy_json(policy)}});
    if (options.subject) json.set("objects", objects_json(objects));
    session.print_json(json);
  }
  session.line(fmt::format("Registry {}", printable(subject.registry.url())));
  session.line(policy_line(subject.registry, policy));
  print_objects(session, objects);
  return 0;
}

int set(Session& session, const Options& options) {
  if (!options.subject) {
    throw Error(ErrorCode::invalid_argument, "MODE is missing",
                "unio retention set governance --days 30, or compliance, legal-hold, none");
  }
  const auto days = options.days ? find_number<std::int64_t>(*options.days) : std::optional<std::int64_t>(0);
  if (!days)
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no number of days", *options.days));
  const RetentionPolicy policy = RetentionPolicy::make(*options.subject, *days);
  const Registry registry = open_registry(session, session.app().default_registry());
  set_retention(registry, policy);
  if (session.json())
    session.print_json(Json::object({{"registry", registry.url()}, {"policy", policy_json(policy)}}));
  session.line(policy.protects()
                   ? fmt::format("What is published in {} from now on is protected: {}",
                                 printable(registry.url()), policy.text())
                   : fmt::format("What is published in {} from now on is not protected; what was stays so",
                                 printable(registry.url())));
  return 0;
}

int extend(Session& session, const Options& options) {
  if (!options.subject) {
    throw Error(ErrorCode::invalid_argument, "an artifact's ID or a package is missing",
                "unio retention extend team/photos:v1");
  }
  const Subject subject = subject_of(session, options);
  const auto left = extend_retention(subject.registry, subject.objects);
  const auto objects = find_protection(subject.registry, subject.objects, session.context());
  if (session.json()) {
    session.print_json(Json::object(
        {{"objects", objects_json(objects)}, {"left", static_cast<std::uint64_t>(left.size())}}));
  }
  print_objects(session, objects);
  if (!left.empty())
    session.warn(
        fmt::format("{} could not be protected as the policy wants", human_count(left.size(), "object")));
  return left.empty() ? 0 : 1;
}

Json proof_json(const Registry& registry, const RetentionProof& proof, bool proved) {
  Json::Array attacks;
  for (const Attack& attack : proof.attacks) {
    attacks.push_back(
        Json::object({{"attack", attack.what}, {"held", attack.held}, {"answer", attack.answer}}));
  }
  Json json = Json::object({{"registry", registry.url()},
                            {"policy", policy_json(proof.policy)},
                            {"proved", proved},
                            {"attacks", std::move(attacks)}});
  if (!proof.canary.empty()) json.set("canary", proof.canary);
  if (!proof.why_not.empty()) json.set("why_not", proof.why_not);
  return json;
}

void print_proof(Session& session, const Registry& registry, const RetentionProof& proof) {
  constexpr std::size_t attack_width = 42;
  session.line(fmt::format("Registry {}", printable(registry.url())));
  if (!proof.why_not.empty()) return session.line("Nothing was tried: " + proof.why_not);
  session.line(policy_line(registry, proof.policy));
  for (const Attack& attack : proof.attacks) {
    session.line(fmt::format("{}  {}{}", padded(attack.held ? "held" : "BROKEN", 6),
                             padded(attack.what, attack_width), printable(attack.answer)));
  }
}

std::string_view verdict(const RetentionProof& proof, const std::vector<ObjectProtection>& objects) {
  if (proof.attacks.empty()) return "Not proved";
  if (!proof.proved()) return "Not proved: with your rights the protection can be undone, or there is none";
  if (!all_hold(objects)) return "Not proved: not everything is protected";
  return "Proved: nothing that was tried with your rights could undo the protection";
}

int prove(Session& session, const Options& options) {
  const Subject subject = subject_of(session, options);
  const RetentionProof proof = prove_retention(subject.registry, session.context());
  const auto objects = find_protection(subject.registry, subject.objects, session.context());
  const bool proved = proof.proved() && all_hold(objects);
  if (session.json()) {
    Json json = proof_json(subject.registry, proof, proved);
    if (options.subject) json.set("objects", objects_json(objects));
    session.print_json(json);
  }
  print_proof(session, subject.registry, proof);
  print_objects(session, objects);
  session.line(verdict(proof, objects));
  return proved ? 0 : 1;
}

struct Action {
  std::string_view name;
  int (*run)(Session&, const Options&);
};
constexpr std::array actions{Action{"show", show}, Action{"set", set}, Action{"extend", extend},
                             Action{"prove", prove}};

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("ACTION", options->action,
                       "show, set, extend or prove; without it the policy is shown");
  arguments.positional("SUBJECT", options->subject,
                       "an artifact's id or a package; of set governance, compliance, legal-hold or none");
  arguments.option("--days", "N", options->days,
                   "of set: how long an object is protected from its upload on");
  return [options](Session& session) {
    const std::string name = options->action.value_or("show");
    if (options->days && name != "set")
      throw Error(ErrorCode::invalid_argument, "--days is an option of unio retention set");
    for (const Action& action : actions) {
      if (action.name == name) return action.run(session, *options);
    }
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no action", name),
                "the actions are show, set, extend and prove");
  };
}

}  // namespace

Command retention_command() {
  return {
      .name = "retention",
      .group = Command::Group::manage,
      .summary = "Protect what is published from removal, and prove it",
      .details =
          "In a bucket with Object Lock the registry's policy protects every object from its upload on, "
          "whoever "
          "publishes it. `set` changes the policy; what is there stays as it is until `extend` protects it "
          "as "
          "well. `prove` attacks an object that it makes for that, and only looks at others; it ends with "
          "exit code 1 when an attack had success, or when something that was asked about is not protected.",
      .examples =
          "unio retention set governance --days 365\nunio retention show\n"
          "unio retention show artifact_b4c3\nunio retention extend team/photos:v1\n"
          "unio retention prove\nunio retention set none",
      .setup = setup};
}

}  // namespace unio
