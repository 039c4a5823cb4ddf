#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/commands/common.hpp"
#include "engine/status.hpp"

namespace unio {
namespace {

constexpr std::size_t shown_at_most = 20;

std::string shown_parts(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < std::min(parts.size(), shown_at_most); ++i) {
    text += (i == 0 ? "" : ", ") + printable(parts[i]);
  }
  return parts.size() > shown_at_most ? text + ", ..." : text;
}

void print_header(Session& session, const StatusResult& status) {
  if (status.builder) {
    const std::string hash = status.top_hash.empty() ? "pre-manifest" : short_hash(status.top_hash);
    session.line(fmt::format("PackageBuilder: {} ({})", status.name, hash));
    return;
  }
  const bool named_by_hash = status.version.starts_with('@');
  session.line(named_by_hash ? fmt::format("Package: {}{}", status.name, status.version)
                             : fmt::format("Package: {}{} ({})", status.name, status.version,
                                           short_hash(status.top_hash)));
  if (!status.parts.empty()) session.line(fmt::format("Only a part is here: {}", shown_parts(status.parts)));
}

void print_data(Session& session, const StatusResult& status) {
  if (!status.builder || status.data.empty()) return;
  std::size_t width = 0;
  const auto shown = [](const DataLine& line) { return line.key.empty() ? "./" : printable(line.key); };
  for (const DataLine& line : status.data) width = std::max(width, display_width(shown(line)));
  session.line("\nData:");
  for (const DataLine& line : status.data) {
    session.line(fmt::format("  {}  ->  {}", padded(shown(line), width), printable(line.place)));
  }
}

void print_keys(Session& session, std::string_view title, Color color, const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  session.line(fmt::format("\n{}:", title));
  for (std::size_t i = 0; i < std::min(keys.size(), shown_at_most); ++i) {
    session.line("  " +
                 session.terminal().colored(color, keys[i].empty() ? "(the package)" : printable(keys[i])));
  }
  if (keys.size() > shown_at_most)
    session.line(fmt::format("  and {} more (--json lists all)", keys.size() - shown_at_most));
}

void print_state(Session& session, const StatusResult& status) {
  if (status.clean()) {
    if (!status.builder) session.line("Data matches manifest. No files have been changed");
    return;
  }
  print_keys(session, "Changed", Color::yellow, status.changed);
  print_keys(session, "Missing", Color::red, status.missing);
  if (!status.top_hash.empty() || !status.builder) print_keys(session, "New", Color::green, status.added);
  print_keys(session, "Unknown (unio add makes them part of the package)", Color::faint, status.unknown);
  print_keys(session, "Metadata changed", Color::yellow, status.meta_changed);
  print_keys(session, "Unreadable", Color::red, status.unreadable);
}

Json status_json(const StatusResult& status) {
  Json::Array data;
  for (const DataLine& line : status.data) {
    data.push_back(Json::object({{"key", line.key}, {"place", line.place}, {"entries", line.entries}}));
  }
  return Json::object({{"package", status.name},
                       {"version", status.version},
                       {"top_hash", status.top_hash.empty() ? Json() : Json(status.top_hash)},
                       {"builder", status.builder},
                       {"clean", status.clean()},
                       {"parts", json_texts(status.parts)},
                       {"data", std::move(data)},
                       {"changed", json_texts(status.changed)},
                       {"missing", json_texts(status.missing)},
                       {"added", json_texts(status.added)},
                       {"unknown", json_texts(status.unknown)},
                       {"meta_changed", json_texts(status.meta_changed)},
                       {"unreadable", json_texts(status.unreadable)},
                       {"unchanged", status.unchanged},
                       {"left_out", left_out_json(status.left_out)}});
}

CommandRun setup(Arguments& arguments) {
  auto directory = std::make_shared<std::optional<std::string>>();
  arguments.positional("DIR", *directory, "workspace (default: here)");
  return [directory](Session& session) {
    Workspace workspace = find_workspace(*directory);
    const StatusResult result = status(workspace, session.context());
    if (session.json()) session.print_json(status_json(result));
    print_header(session, result);
    print_data(session, result);
    print_state(session, result);
    warn_left_out(session, result.left_out);
    return 0;
  };
}

}  // namespace

Command status_command() {
  return {.name = "status",
          .group = Command::Group::change,
          .summary = "Show what the workspace holds and what changed",
          .details = "Reads only files whose size or times changed.",
          .examples = "unio status\nunio status ./photos",
          .setup = setup};
}

}  // namespace unio
