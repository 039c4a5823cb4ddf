#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/catalog.hpp"

namespace unio {
namespace {

constexpr std::size_t usual_limit = 20;
constexpr std::size_t most_files = 3;

struct Options {
  std::optional<std::string> query;
  std::optional<std::string> limit;
  std::optional<std::string> after;
  bool offline = false;
};

std::string position_text(const FindPosition& position) {
  return fmt::format("{}/{}", format_time(position.time), position.id);
}

std::optional<FindPosition> parse_position(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const std::size_t slash = text->find('/');
  try {
    if (slash != std::string::npos)
      return FindPosition{parse_time(text->substr(0, slash)), text->substr(slash + 1)};
  } catch (const Error&) {
    // The message below says what it should be.
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("--after '{}' is no position", *text),
              "give what the page before showed as the next one");
}

std::string text_in(const Json& document, std::string_view member) {
  const Json* value = document.find(member);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

/// The texts of a list: all, or the first of them and how many more there are.
std::string texts_in(const Json& document, std::string_view member, std::string_view between) {
  const Json* value = document.find(member);
  if (value == nullptr || value->if_array() == nullptr) return {};
  const Json::Array& list = *value->if_array();
  std::string joined;
  for (std::size_t i = 0; i < std::min(list.size(), most_files); ++i) {
    const std::string* text = list[i].if_string();
    if (text) joined += fmt::format("{}{}", joined.empty() ? "" : between, *text);
  }
  if (list.size() > most_files) joined += fmt::format("{}… {} more", between, list.size() - most_files);
  return joined;
}

/// What a person may know it by: labels of an artifact, the message of a revision.
std::string description_of(const Json& document) {
  std::string text = text_in(document, "message");
  const Json* labels = document.find("labels");
  if (labels == nullptr) return text;
  constexpr std::array names{"datatype", "project", "dataset", "ticket", "description"};
  for (const char* name : names) {
    const std::string label = text_in(*labels, name);
    if (!label.empty()) text += (text.empty() ? "" : " ") + label;
  }
  return text;
}

/// The id as short as a command still understands it.
std::string shown_id(const CatalogDocument& document) {
  const std::size_t at = document.id.rfind('@');
  const bool has_hash = at != std::string::npos && document.id.size() - at - 1 == top_hash_digits;
  if (document.kind != DocumentKind::package || !has_hash) return document.id;
  return document.id.substr(0, at + 1) + short_hash(document.id.substr(at + 1));
}

using Row = std::array<std::string, 6>;

Row row_of(const CatalogDocument& document) {
  const bool is_package = document.kind == DocumentKind::package;
  return {human_time(unix_seconds(document.creation_time)),
          std::string(name(document.kind)),
          printable(text_in(document.document, "username")),
          printable(shown_id(document)),
          printable(is_package ? texts_in(document.document, "tags", " ")
                               : texts_in(document.document, "file_relpaths", ", ")),
          printable(description_of(document.document))};
}

std::string total_text(const FindTotal& total) {
  return human_number(total.count) + (total.exact ? "" : "+");
}

void print_page(Session& session, const FindPage& page) {
  std::vector<Row> rows;
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const CatalogDocument& document : page.documents) {
    const Row& row = rows.emplace_back(row_of(document));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i]) + "  ";
    line.resize(line.find_last_not_of(' ') + 1);
    session.line(line);
  }
  if (page.total) session.line(fmt::format("{} found", total_text(*page.total)));
  if (page.next) session.line("next page: --after " + printable(position_text(*page.next)));
}

Json page_json(const FindPage& page) {
  Json::Array documents;
  for (const CatalogDocument& document : page.documents) {
    Json json = Json::object({{"id", document.id}});
    for (const auto& [name, value] : *document.document.if_object()) json.set(name, value);
    documents.push_back(std::move(json));
  }
  Json json = Json::object({{"documents", std::move(documents)}});
  if (page.total)
    json.set("total", Json::object({{"count", page.total->count}, {"exact", page.total->exact}}));
  json.set("next", page.next ? Json(position_text(*page.next)) : Json());
  return json;
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.positional("QUERY", options->query,
                       "words, or MongoDB's language in JSON; without one, everything");
  arguments.option("-n,--limit", "COUNT", options->limit, "at most so many (default: 20)");
  arguments.option("--after", "POSITION", options->after, "the next page: what the page before showed");
  arguments.flag("--offline", options->offline, "do not read what is new in the registry first");
  return [options](Session& session) {
    const Query query = parse_query(options->query.value_or(""), session.context().clock.now());
    FindOptions how;
    how.limit = parse_count(options->limit, "--limit").value_or(usual_limit);
    how.after = parse_position(options->after);
    FindPage page;
    use_catalog(session, options->offline ? Freshness::offline : Freshness::updated,
                [&](Catalog& catalog) { page = find_published(catalog, query, how); });
    if (session.json()) session.print_json(page_json(page));
    print_page(session, page);
    return 0;
  };
}

}  // namespace

Command find_command() {
  return {.name = "find",
          .group = Command::Group::artifact,
          .summary = "Find artifacts, packages and values by anything",
          .details =
              "The newest come first: who, when, labels, file names, tags, metadata, packages "
              "(docs/finding.md).\n"
              "What others published since the last time is read from the registry first.",
          .examples =
              "unio find 'by:andy created:>-10d file:*.txt'\n"
              "unio find 'kind:package tag:*dataset*' --limit 5\n"
              "unio find 'kind:value name:weights created:>-10d'\n"
              "unio find '{\"labels.ticket\": \"AB-123\"}' --json",
          .setup = setup};
}

}  // namespace unio
