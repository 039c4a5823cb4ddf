#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/history.hpp"

namespace unio {
namespace {

std::size_t parse_limit(const std::optional<std::string>& text) {
  if (!text) return SIZE_MAX;
  if (const auto limit = find_number<std::size_t>(*text)) return *limit;
  throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no number of revisions", *text));
}

Json number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? Json(*number) : Json();
}

Json entry_json(const LogEntry& entry) {
  const auto text = [](const std::optional<std::string>& value) { return value ? Json(*value) : Json(); };
  return Json::object({{"top_hash", entry.top_hash},
                       {"timestamp", entry.timestamp},
                       {"tags", json_texts(entry.tags)},
                       {"message", text(entry.message)},
                       {"user", text(entry.user)},
                       {"git_commit", text(entry.git_commit)},
                       {"environment", entry.environment.value_or(Json())},
                       {"entries", number_or_null(entry.entries)},
                       {"bytes", number_or_null(entry.bytes)},
                       {"added", number_or_null(entry.added)},
                       {"removed", number_or_null(entry.removed)},
                       {"modified", number_or_null(entry.modified)}});
}

void print_entry(Session& session, const LogEntry& entry) {
  const std::string tags = entry.tags.empty() ? "" : fmt::format(" ({})", fmt::join(entry.tags, ", "));
  session.line(session.terminal().colored(Color::yellow, short_hash(entry.top_hash)) +
               session.terminal().colored(Color::green, tags) + "  " + human_time(entry.timestamp) +
               (entry.user ? "  " + printable(*entry.user) : ""));
  if (entry.git_commit) session.line("    git " + printable(*entry.git_commit));
  if (entry.message && !entry.message->empty()) session.line("    " + printable(*entry.message));
  if (!entry.entries || !entry.bytes) return session.line("    its manifest cannot be read");
  std::string counts =
      fmt::format("    {}, {}", human_count(*entry.entries, "entry"), human_size(*entry.bytes));
  if (entry.added) {
    counts +=
        fmt::format("; {} added, {} removed, {} changed", *entry.added, *entry.removed, *entry.modified);
  }
  session.line(counts);
}

CommandRun setup(Arguments& arguments) {
  struct Options {
    std::optional<std::string> reference;
    std::optional<std::string> limit;
  };
  auto options = std::make_shared<Options>();
  arguments.positional("REF", options->reference, "a package (default: that of the workspace)");
  arguments.option("-n", "COUNT", options->limit, "at most so many revisions");
  return [options](Session& session) {
    const ResolvedRef ref = options->reference ? session.app().resolve(*options->reference)
                                               : find_workspace(std::nullopt).state().ref;
    const auto entries =
        log(open_registry(session, ref.registry), ref.name, parse_limit(options->limit), session.context());
    if (session.json()) {
      Json::Array list;
      for (const LogEntry& entry : entries) list.push_back(entry_json(entry));
      session.print_json(Json::object({{"package", ref.name.text()}, {"revisions", std::move(list)}}));
    }
    for (const LogEntry& entry : entries) print_entry(session, entry);
    return 0;
  };
}

}  // namespace

Command log_command() {
  return {.name = "log",
          .group = Command::Group::read,
          .summary = "Show the revisions of a package, newest first",
          .details = "",
          .examples = "unio log team/photos -n 5",
          .setup = setup};
}

}  // namespace unio
