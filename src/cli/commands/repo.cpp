#include "cli/commands/repo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/commands/common.hpp"

namespace unio {

const std::string& require_argument(const std::optional<std::string>& value, std::string_view what) {
  if (value) return *value;
  throw Error(ErrorCode::invalid_argument, fmt::format("{} is missing", what),
              "unio repo --help shows how it is used");
}

Repository open_repository(Session& session, const std::string& index) {
  return Repository::open(registry_url(index), session.context(), session.app().registries());
}

Repository open_repository(Session& session, const RepoOptions& options) {
  return open_repository(session, options.repository.value_or("repository.json"));
}

VersionWanted wanted_version(const std::optional<std::string>& version, const RepoOptions& options) {
  if (options.as_of && version)
    throw Error(ErrorCode::invalid_argument, "give a VERSION or --as-of, not both");
  if (options.as_of) return VersionWanted::parse(*options.as_of, Match::as_of);
  return version ? VersionWanted::parse(*version) : VersionWanted{};
}

const ValueVersion& find_version(Session& session, const RepositoryIndex& index, const RepoOptions& options,
                                 const std::optional<std::string>& version) {
  const Time now = session.context().clock.now();
  const VersionWanted wanted = wanted_version(version, options);
  const std::size_t position = resolve_version(index, require_argument(options.first, "NAME"), wanted, now,
                                               options.force ? Expired::allow : Expired::refuse);
  const ValueVersion& found = index.versions()[position];
  if (!options.force && wanted.match == Match::exact) check_not_expired(found, now);
  return found;
}

namespace {

/// What a file's name says of who can read it; `bytes` for all others.
struct FileKind {
  std::string_view extension;
  std::string_view handler;
};
constexpr std::array file_kinds{
    FileKind{"json", "json"}, FileKind{"pkl", "pickle"},      FileKind{"pickle", "pickle"},
    FileKind{"txt", "text"},  FileKind{"md", "text"},         FileKind{"yaml", "yaml"},
    FileKind{"yml", "yaml"},  FileKind{"joblib", "joblib"},   FileKind{"npy", "numpy"},
    FileKind{"csv", "csv"},   FileKind{"parquet", "parquet"}, FileKind{"arrow", "arrow"},
    FileKind{"onnx", "onnx"},
};

std::string handler_of(std::string_view extension) {
  const auto found = std::find_if(file_kinds.begin(), file_kinds.end(),
                                  [&](const FileKind& kind) { return kind.extension == extension; });
  return std::string(found == file_kinds.end() ? "bytes" : found->handler);
}

std::optional<Time> parse_expiry(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return parse_time_span(*text).first;
}

ValueToSave value_of(const RepoOptions& options) {
  ValueToSave value;
  value.version.name = require_argument(options.first, "NAME");
  value.version.file_name = options.file_name.value_or("");
  value.version.expiry = parse_expiry(options.expiry);
  if (options.value.has_value() == options.second.has_value())
    throw Error(ErrorCode::invalid_argument, "a value comes from a FILE or from --value JSON",
                "unio repo put weights weights.json");
  if (options.value) {
    value.content =
        ValueSource::of_text(parse_json_option(options.value, "--value")->dump(JsonStyle::python));
    value.suffix = "json";
  } else {
    value.content = ValueSource::of_file(*options.second);
    const std::string extension = std::filesystem::path(*options.second).extension();
    value.suffix = extension.empty() ? "" : extension.substr(1);
  }
  value.version.handler = options.handler.value_or(handler_of(value.suffix));
  return value;
}

void print_saved(Session& session, const Repository& repository, const SavedIndex& saved) {
  for (const std::size_t position : saved.positions) {
    const ValueVersion& version = saved.index.versions()[position];
    if (session.json()) session.print_json(version_json(version));
    session.line(
        fmt::format("{} is in {}", version_label(version), printable(repository.value_url(version))));
  }
}

int put_value(Session& session, const RepoOptions& options) {
  const Repository repository = open_repository(session, options);
  RepositoryChanges changes;
  changes.values.push_back(value_of(options));
  print_saved(session, repository, repository.save(changes));
  return 0;
}

int promote_artifact(Session& session, const RepoOptions& options) {
  const Repository repository = open_repository(session, options);
  const Repository project = open_repository(session, require_argument(options.first, "PROJECT"));
  ValueToSave artifact = artifact_of_experiment(project, require_argument(options.second, "EXPERIMENT"),
                                                require_argument(options.third, "NAME"));
  print_saved(session, repository, promote(repository, std::move(artifact)));
  return 0;
}

int expire_version(Session& session, const RepoOptions& options) {
  const Repository repository = open_repository(session, options);
  const RepositoryIndex index = repository.get_index();
  RepoOptions any = options;
  any.force = true;
  const ValueVersion& version = find_version(session, index, any, options.second);
  std::optional<Time> expiry = parse_expiry(options.expiry);
  if (!expiry && !options.never) expiry = session.context().clock.now();
  const SavedIndex saved =
      repository.save({.values = {}, .expiries = {{version.name, version.version, expiry}}});
  const ValueVersion& changed = saved.index.versions()[*saved.index.find(version.name, version.version)];
  if (session.json()) session.print_json(version_json(changed));
  session.line(changed.expiry ? fmt::format("{} expires {}", version_label(changed),
                                            human_time(unix_seconds(*changed.expiry)))
                              : fmt::format("{} does not expire", version_label(changed)));
  return 0;
}

Json release_json(const Release& release) {
  Json::Array versions;
  for (const auto& [name, number] : release.versions)
    versions.push_back(Json::object({{"name", name}, {"version", number}}));
  return Json::object(
      {{"tag", release.tag}, {"created", format_time(release.created)}, {"versions", std::move(versions)}});
}

int list_releases(Session& session, const Repository& repository) {
  Json::Array list;
  const Releases releases = repository.read_releases();
  for (const Release& release : releases.all()) {
    list.push_back(release_json(release));
    session.line(fmt::format("{}  {}  {}", padded(printable(release.tag), 16),
                             human_time(unix_seconds(release.created)),
                             human_count(release.versions.size(), "value")));
  }
  if (session.json()) session.print_json(Json::object({{"releases", std::move(list)}}));
  return 0;
}

int make_or_export_release(Session& session, const RepoOptions& options) {
  const Repository repository = open_repository(session, options);
  if (!options.first) return list_releases(session, repository);
  if (!options.output) {
    const Release made = repository.release(*options.first);
    if (session.json()) session.print_json(release_json(made));
    session.line(
        fmt::format("Release {} has {}", printable(made.tag), human_count(made.versions.size(), "value")));
    return 0;
  }
  const Release release = repository.read_releases().get(*options.first);
  const Repository target =
      open_repository(session, fmt::format("{}/repository.json", registry_url(*options.output)));
  export_release(repository, release, target);
  if (session.json()) session.print_json(release_json(release));
  session.line(fmt::format("Release {} is in {}", printable(release.tag), printable(target.index_url())));
  return 0;
}

struct Action {
  std::string_view name;
  int (*run)(Session&, const RepoOptions&);
};
constexpr std::array actions{
    Action{"put", put_value},
    Action{"get", get_value},
    Action{"ls", list_values},
    Action{"log", log_versions},
    Action{"diff", compare_versions},
    Action{"expire", expire_version},
    Action{"promote", promote_artifact},
    Action{"release", make_or_export_release},
    Action{"verify", verify_values},
};

void add_options(Arguments& arguments, RepoOptions& options) {
  arguments.positional(
      "ACTION", options.action,
      "put, get, ls, log, diff, expire, promote, release or verify; without it all are listed");
  arguments.positional("NAME", options.first, "a value; of promote the PROJECT's file, of release the TAG");
  arguments.positional(
      "VERSION", options.second,
      "3, -1, v3 or a time (default: the newest); of put the FILE, of promote the EXPERIMENT");
  arguments.positional("OTHER", options.third, "of diff the other version; of promote the artifact's name");
  arguments.option("-R,--repository", "FILE|URL", options.repository,
                   "the repository's index (default: repository.json)");
  arguments.option("-o,--output", "FILE", options.output,
                   "where the value goes (default: standard output); of release a folder");
  arguments.option("--as-of", "TIME", options.as_of, "the newest version that was there at that time");
  arguments.option("--value", "JSON", options.value, "the value itself instead of a file");
  arguments.option("--handler", "NAME", options.handler,
                   "what reads it in Python (default: by the file's name)");
  arguments.option("--fname", "NAME", options.file_name, "file name in the repository");
  arguments.option("--expiry", "TIME", options.expiry, "when the version expires (default of expire: now)");
  arguments.flag("--never", options.never, "of expire: the version does not expire any more");
  arguments.flag("--force", options.force, "also a version that is expired");
}

CommandRun setup(Arguments& arguments) {
  auto options = std::make_shared<RepoOptions>();
  add_options(arguments, *options);
  return [options](Session& session) {
    const std::string name = options->action.value_or("ls");
    for (const Action& action : actions) {
      if (action.name == name) return action.run(session, *options);
    }
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no action", name),
                "the actions are put, get, ls, log, diff, expire, promote, release and verify");
  };
}

}  // namespace

Command repo_command() {
  return {
      .name = "repo",
      .group = Command::Group::manage,
      .summary = "Keep named values in versions, and get any of them back",
      .details =
          "A repository is lazyscribe's: an index, repository.json, and a folder for each value. What is put "
          "there is never changed. Times are UTC unless they say otherwise; a date stands for its whole day. "
          "Values are moved as bytes and never unpickled; they are checked when they are read. `verify` "
          "ends with exit code 1 when one is damaged.",
      .examples =
          "unio repo put weights weights.json\nunio repo put limits --value '[0, 1]'\n"
          "unio repo get weights v3 -o weights.json\n"
          "unio repo get weights --as-of 2026-03-01 -o weights.json\nunio repo log weights\n"
          "unio repo diff weights 3 4\nunio repo expire weights 3 --expiry 2026-12-31\n"
          "unio repo promote project.json my-experiment features\n"
          "unio repo release v1.0\nunio repo release v1.0 -o deploy/",
      .setup = setup};
}

}  // namespace unio
