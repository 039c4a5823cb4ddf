#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/artifacts.hpp"
#include "cli/commands/common.hpp"
#include "engine/browse.hpp"

namespace unio {
namespace {

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json();
}

Json details_json(const PackageDetails& details) {
  return Json::object({{"package", details.name},
                       {"top_hash", details.top_hash},
                       {"registry", details.registry},
                       {"manifest", details.manifest_url},
                       {"tags", json_texts(details.tags)},
                       {"message", text_or_null(details.message)},
                       {"user_meta", details.user_meta},
                       {"entries", static_cast<std::uint64_t>(details.entries)},
                       {"bytes", details.bytes},
                       {"revision", details.revision.value_or(Json())},
                       {"readme", text_or_null(details.readme_key)},
                       {"contact", text_or_null(details.contact)},
                       {"discussion", text_or_null(details.discussion)}});
}

/// A record may come from elsewhere: what is no time is shown as it is.
std::string human_revision_time(const Json& revision) {
  const std::string text = revision.find_string("created").value_or("?");
  try {
    return human_time(unix_seconds(parse_time(text)));
  } catch (const Error&) {
    return text;
  }
}

/// What a revision says of how it came about, as far as it can be read.
void print_environment(Session& session, const Json& revision) {
  const Json* recorded = revision.find("environment");
  if (recorded == nullptr) return;
  try {
    const RevisionEnvironment found = RevisionEnvironment::parse(*recorded);
    std::vector<std::string> logs;
    for (const ArtifactFile& log : found.logs) logs.push_back(log.relpath);
    print_surroundings(session, found.environment, logs);
  } catch (const Error& error) {
    session.warn(error.what());
  }
}

void print_details(Session& session, const PackageDetails& details) {
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) session.line(fmt::format("{:<12}{}", name, printable(value)));
  };
  row("package", details.name);
  row("top hash", details.top_hash);
  row("tags", fmt::format("{}", fmt::join(details.tags, " ")));
  row("registry", details.registry);
  row("entries", fmt::format("{} ({})", human_count(details.entries, "entry"), human_size(details.bytes)));
  if (details.revision) {
    row("published", fmt::format("{} by {}", human_revision_time(*details.revision),
                                 details.revision->find_string("user").value_or("?")));
    row("git commit", details.revision->find_string("git_commit").value_or(""));
    print_environment(session, *details.revision);
  }
  row("message", details.message.value_or(""));
  row("contact", details.contact.value_or(""));
  row("discussion", details.discussion.value_or(""));
  if (details.user_meta.truthy())
    session.line("metadata    " + printable(details.user_meta.dump(JsonStyle::python)));
  if (details.readme_start.empty()) return;
  session.line("");
  std::string_view rest = details.readme_start;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    session.line("  " + printable(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// What the user said of an entry; quilt3 keeps it beside what is not the user's.
Json user_meta(const EntryDetails& entry) {
  if (entry.folder) return entry.meta;
  const Json* user_meta = entry.meta.find("user_meta");
  return user_meta == nullptr ? Json() : *user_meta;
}

Json entry_json(const EntryDetails& entry) {
  Json json = Json::object({{"key", entry.key},
                            {"folder", entry.folder},
                            {"size", entry.size},
                            {"entries", entry.entries},
                            {"user_meta", user_meta(entry)},
                            {"meta", entry.meta}});
  if (!entry.folder) {
    json.set("url", entry.url);
    json.set("hash", Json::object({{"type", entry.digest_type}, {"value", entry.digest}}));
  }
  return json;
}

void print_entry(Session& session, const EntryDetails& entry) {
  session.line(fmt::format("{:<12}{}", "key", printable(entry.key)));
  if (entry.folder) {
    session.line(
        fmt::format("{:<12}{} ({})", "entries", human_count(entry.entries, "entry"), human_size(entry.size)));
  } else {
    session.line(fmt::format("{:<12}{} ({} bytes)", "size", human_size(entry.size), entry.size));
    session.line(fmt::format("{:<12}{} {}", "digest", entry.digest_type, entry.digest));
    session.line(fmt::format("{:<12}{}", "url", printable(entry.url)));
  }
  if (const Json meta = user_meta(entry); meta.truthy())
    session.line(fmt::format("{:<12}{}", "metadata", printable(meta.dump(JsonStyle::python))));
}

int show_artifact(Session& session, const std::string& id) {
  const Registry registry = open_registry(session, session.app().default_registry());
  const OpenedArtifact artifact = get_artifact(registry, id, session.context());
  if (session.json()) session.print_json(artifact_json(registry, artifact));
  if (!session.json()) print_artifact(session, registry, artifact);
  return 0;
}

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::string reference;
    std::optional<std::string> key;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "a package, or the id of an artifact");
  arguments.positional("KEY", options->key, "an entry or a folder of a package");
  return [options](Session& session) {
    if (is_artifact_id_prefix(options->reference) && !options->key)
      return show_artifact(session, options->reference);
    if (options->key) {
      const OpenedPackage package = open_part_of(session, options->reference, {&*options->key, 1});
      const EntryDetails entry = entry_details(package, *options->key);
      if (session.json()) session.print_json(entry_json(entry));
      if (!session.json()) print_entry(session, entry);
      return 0;
    }
    const OpenedPackage package = open_part_of(session, options->reference, readme_keys());
    const PackageDetails details = package_details(package, session.context());
    if (session.json()) session.print_json(details_json(details));
    if (!session.json()) print_details(session, details);
    return 0;
  };
}

}  // namespace

Command show_command() {
  return {
      .name = "show",
      .group = Command::Group::read,
      .summary = "Show a package, an entry, a folder or an artifact",
      .details = "",
      .examples = "unio show team/photos:v1\nunio show team/photos train2017/1.jpg\nunio show artifact_b4c3",
      .setup = setup};
}

}  // namespace unio
