#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/commands/common.hpp"
#include "cli/commands/repo.hpp"

namespace unio {
namespace {

std::string size_text(const std::optional<std::uint64_t>& size) {
  return size ? human_size(*size) : "?";
}

std::string expiry_text(const ValueVersion& version, Time now) {
  if (!version.expiry) return "";
  return fmt::format("  {} {}", version.is_expired(now) ? "expired" : "expires",
                     human_time(unix_seconds(*version.expiry)));
}

Json value_json(const RepositoryIndex& index, const std::string& name) {
  const auto positions = index.versions_of(name);
  return Json::object({{"name", name},
                       {"versions", static_cast<std::uint64_t>(positions.size())},
                       {"newest", version_json(index.versions()[positions.back()])}});
}

/// The file appears under its name when it is whole and right.
std::uint64_t write_output(Session& session, const Repository& repository, const ValueVersion& version,
                           const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  TemporaryFile file(folder, ".unio-", session.app().random());
  std::uint64_t size = 0;
  repository.read_value(version, [&](Bytes bytes) {
    file.file().write(bytes);
    size += bytes.size();
  });
  file.file().sync();
  file.publish_over(path);
  return size;
}

}  // namespace

Json version_json(const ValueVersion& version) {
  Json json = version.members();
  json.set("created", format_time(version.created));
  return json;
}

std::string version_label(const ValueVersion& version) {
  return fmt::format("{} v{}", printable(version.name), version.version);
}

int list_values(Session& session, const RepoOptions& options) {
  const RepositoryIndex index = open_repository(session, options).get_index();
  Json::Array list;
  for (const std::string& name : index.names()) {
    if (session.json()) list.push_back(value_json(index, name));
    const auto positions = index.versions_of(name);
    const ValueVersion& newest = index.versions()[positions.back()];
    session.line(fmt::format("{}  {}, newest v{} of {}  {}  {}", padded(printable(name), 24),
                             human_count(positions.size(), "version"), newest.version,
                             human_time(unix_seconds(newest.created)), printable(newest.handler),
                             size_text(newest.size)));
  }
  if (session.json()) session.print_json(Json::object({{"values", std::move(list)}}));
  return 0;
}

int log_versions(Session& session, const RepoOptions& options) {
  const RepositoryIndex index = open_repository(session, options).get_index();
  const std::string& name = require_argument(options.first, "NAME");
  resolve_version(index, name, {}, session.context().clock.now(), Expired::allow);  // throws for no such name
  auto positions = index.versions_of(name);
  std::reverse(positions.begin(), positions.end());
  Json::Array list;
  for (const std::size_t position : positions) {
    const ValueVersion& version = index.versions()[position];
    if (session.json()) list.push_back(version_json(version));
    session.line(fmt::format("{}  {}  {}  {}  {}{}", padded(fmt::format("v{}", version.version), 6),
                             human_time(unix_seconds(version.created)), padded(printable(version.handler), 8),
                             padded(size_text(version.size), 9), printable(version.file_name),
                             expiry_text(version, session.context().clock.now())));
  }
  if (session.json()) session.print_json(Json::object({{"name", name}, {"versions", std::move(list)}}));
  return 0;
}

int get_value(Session& session, const RepoOptions& options) {
  const Repository repository = open_repository(session, options);
  const RepositoryIndex index = repository.get_index();
  const ValueVersion& version = find_version(session, index, options, options.second);
  if (!options.output && session.json()) {
    session.print_json(version_json(version));
    return 0;
  }
  if (!options.output || *options.output == "-") {
    repository.read_value(version, [&](Bytes bytes) { session.terminal().write(as_text(bytes)); });
    return 0;
  }
  const std::uint64_t size = write_output(session, repository, version, *options.output);
  if (session.json()) {
    Json json = version_json(version);
    json.set("output", *options.output);
    session.print_json(json);
  }
  session.line(fmt::format("{} of {} ({}) is in {}", version_label(version),
                           human_time(unix_seconds(version.created)), human_size(size),
                           printable(*options.output)));
  return 0;
}

int compare_versions(Session& session, const RepoOptions& options) {
  const Repository repository = open_repository(session, options);
  const RepositoryIndex index = repository.get_index();
  require_argument(options.second, "VERSION");
  RepoOptions any = options;
  any.force = true;
  const ValueVersion& before = find_version(session, index, any, options.second);
  const ValueVersion& after = find_version(session, index, any, options.third);
  const auto text = diff_versions(repository, before, after, session.app().new_scratch_folder());
  if (session.json()) {
    session.print_json(Json::object({{"before", version_json(before)},
                                     {"after", version_json(after)},
                                     {"equal", text == ""},
                                     {"diff", text ? Json(*text) : Json()}}));
    return 0;
  }
  if (!text)
    session.line(fmt::format("{} and v{} differ and are no text", version_label(before), after.version));
  if (text == "") session.line(fmt::format("{} and v{} are equal", version_label(before), after.version));
  if (text) session.terminal().write(*text);
  return 0;
}

int verify_values(Session& session, const RepoOptions& options) {
  const RepositoryReport report = open_repository(session, options).verify();
  Json::Array problems;
  for (const ValueProblem& problem : report.problems) {
    problems.push_back(
        Json::object({{"name", problem.name}, {"version", problem.version}, {"problem", problem.what}}));
    session.line(printable(problem.what));
  }
  if (session.json()) {
    session.print_json(Json::object({{"versions", static_cast<std::uint64_t>(report.versions)},
                                     {"without_digest", static_cast<std::uint64_t>(report.unrecorded)},
                                     {"problems", std::move(problems)}}));
  }
  session.line(fmt::format(
      "{}, {} damaged{}", human_count(report.versions, "version"), report.problems.size(),
      report.unrecorded == 0 ? "" : fmt::format(", {} without a digest to compare with", report.unrecorded)));
  return report.problems.empty() ? 0 : 1;
}

}  // namespace unio
