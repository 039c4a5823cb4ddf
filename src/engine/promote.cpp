#include <fmt/format.h>

#include "base/error.hpp"
#include "engine/repository.hpp"
#include "model/logical_key.hpp"
#include "model/time_span.hpp"
#include "model/value_path.hpp"

namespace unio {
namespace {

constexpr std::uint64_t largest_project = std::uint64_t{1} << 30;

/// The newest experiment with this slug, as lazyscribe's `project[slug]`.
const Json& get_experiment(const Json& project, std::string_view slug) {
  const Json::Array* experiments = project.if_array();
  if (experiments == nullptr) throw Error(ErrorCode::corruption, "it is no list of experiments");
  const Json* found = nullptr;
  std::string newest;
  for (const Json& experiment : *experiments) {
    if (experiment.get_string("slug") != slug && experiment.get_string("short_slug") != slug) continue;
    const std::string& created = experiment.get_string("created_at");
    if (found == nullptr || created >= newest) found = &experiment;
    newest = std::max(newest, created);
  }
  if (found != nullptr) return *found;
  throw Error(ErrorCode::not_found, fmt::format("no experiment {}", quoted_key(slug)));
}

const Json& get_artifact(const Json& experiment, std::string_view name) {
  const Json* artifacts = experiment.find("artifacts");
  if (artifacts != nullptr && artifacts->is_array()) {
    for (const Json& artifact : *artifacts->if_array()) {
      if (artifact.get_string("name") == name) return artifact;
    }
  }
  throw Error(ErrorCode::not_found, fmt::format("the experiment has no artifact {}", quoted_key(name)));
}

/// The version that an artifact would be alone in an index: one reader for both.
ValueVersion read_artifact(const Json& artifact) {
  const std::string list = fmt::format("[{}]", artifact.dump(JsonStyle::canonical));
  return RepositoryIndex::parse(list).versions().front();
}

Json::Object handler_fields(const ValueVersion& version) {
  Json::Object fields = version.members();
  for (const char* member : {"name", "version", "created_at", "expiry", "fname", "handler", "unio"})
    fields.erase(member);
  return fields;
}

}  // namespace

ValueToSave artifact_of_experiment(const Repository& project, std::string_view experiment,
                                   std::string_view artifact) {
  return in_context(fmt::format("read '{}'", project.index_url()), [&] {
    const Json json = Json::parse(read_object(project.store(), project.index_key(), largest_project));
    const Json& found = get_experiment(json, experiment);
    const ValueVersion version = read_artifact(get_artifact(found, artifact));
    const std::string key = value_key(found.get_string("slug"), version.file_name);
    return ValueToSave{.version = {.name = version.name,
                                   .handler = version.handler,
                                   .file_name = version.file_name,
                                   .created = version.created,
                                   .expiry = version.expiry,
                                   .fields = handler_fields(version)},
                       .suffix = {},
                       .content = ValueSource::of_object(project.store(), key)};
  });
}

SavedIndex promote(const Repository& repository, ValueToSave artifact) {
  const NewVersion& version = artifact.version;
  const RepositoryIndex index = repository.read_index();
  const auto positions = index.versions_of(version.name);
  if (!positions.empty() && index.versions()[positions.back()].created >= version.created) {
    const ValueVersion& newest = index.versions()[positions.back()];
    throw Error(ErrorCode::failed_precondition,
                fmt::format("{} of {} is not newer than version {} in the repository, of {}",
                            quoted_key(version.name), format_time(version.created), newest.version,
                            format_time(newest.created)));
  }
  RepositoryChanges changes;
  changes.values.push_back(std::move(artifact));
  return repository.save(changes);
}

}  // namespace unio
