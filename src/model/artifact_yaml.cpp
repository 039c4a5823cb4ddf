#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "model/artifact.hpp"
#include "model/logical_key.hpp"
#include "model/yaml_text.hpp"

namespace unio {
namespace {

constexpr std::int64_t schema_version = 1;

Json texts_json(const Texts& texts) {
  Json::Object members;
  for (const auto& [key, value] : texts) members.set(key, value);
  return members;
}

Json file_json(const ArtifactFile& file) {
  Json json = Json::object();
  if (file.object) json.set("object", *file.object);
  json.set("relpath", file.relpath);
  if (file.sha256) json.set("sha256", to_hex(*file.sha256));
  if (file.size) json.set("size", *file.size);
  return json;
}

Json files_json(const std::vector<ArtifactFile>& files) {
  Json::Array list;
  for (const ArtifactFile& file : files) list.push_back(file_json(file));
  return list;
}

Json relpaths_json(const std::vector<ArtifactFile>& files) {
  Json::Array list;
  for (const ArtifactFile& file : files) list.emplace_back(file.relpath);
  return list;
}

Json git_json(const ArtifactGit& git) {
  return Json::object(
      {{"branch", git.branch}, {"commit", git.commit}, {"dirty", git.dirty}, {"remote", git.remote}});
}

Json lines_json(const std::vector<std::string>& lines) {
  return Json::Array(lines.begin(), lines.end());
}

Json labels_json(const ArtifactLabels& labels) {
  return Json::object({{"dataset", labels.dataset},
                       {"datatype", labels.datatype},
                       {"description", labels.description},
                       {"infos", texts_json(labels.infos)},
                       {"project", labels.project},
                       {"ticket", labels.ticket}});
}

// Writing. Members of a document are in the order of the file.

/// "2023-12-03 13:42:55.338000+00:00", as PyYAML writes a time in UTC.
std::string yaml_time(std::string_view time) {
  std::string text(time.substr(0, time.size() - 1));
  text[10] = ' ';
  return text + "+00:00";
}

bool is_time(std::string_view key) {
  return key == "creation_time" || key == "revision_time";
}

void append_value(std::string& out, const Json& value, std::size_t indent);

void append_scalar(std::string& out, const Json& value) {
  if (const std::string* text = value.if_string()) {
    append_yaml_text(out, *text);
  } else {
    value.dump_to(out, JsonStyle::compact);
  }
  out += '\n';
}

void append_members(std::string& out, const Json::Object& members, std::size_t indent, bool in_list) {
  for (const auto& [key, value] : members) {
    if (!in_list) out.append(indent, ' ');
    in_list = false;
    append_yaml_text(out, key);
    out += ':';
    if (indent == 0 && is_time(key)) {
      out += fmt::format(" {}\n", yaml_time(*value.if_string()));
    } else {
      append_value(out, value, indent);
    }
  }
}

/// What follows a key and its colon. The items of a list stand as far right as the key.
void append_value(std::string& out, const Json& value, std::size_t indent) {
  constexpr std::size_t step = 2;
  const Json::Object* members = value.if_object();
  const Json::Array* items = value.if_array();
  if ((members && members->empty()) || (items && items->empty())) {
    out += members ? " {}\n" : " []\n";
  } else if (members) {
    out += '\n';
    append_members(out, *members, indent + step, false);
  } else if (items) {
    out += '\n';
    for (const Json& item : *items) {
      out.append(indent, ' ').append("- ");
      if (const Json::Object* fields = item.if_object()) {
        append_members(out, *fields, indent + step, true);
      } else {
        append_scalar(out, item);
      }
    }
  } else {
    out += ' ';
    append_scalar(out, value);
  }
}

// Reading. Scalars are texts here, whatever YAML takes them for; those of JSON are taken as their texts.

[[noreturn]] void refuse(std::string_view key, std::string_view why) {
  throw Error(ErrorCode::corruption, fmt::format("the metadata's '{}' {}", key, why));
}

std::string text_of(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return {};
  if (const std::string* text = value->if_string()) return *text;
  if (value->if_integer() || value->if_bool()) return value->dump();
  refuse(key, "is no text");
}

std::int64_t integer_of(const Json& json, std::string_view key, std::int64_t absent) {
  const std::string text = text_of(json, key);
  if (text.empty()) return absent;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) refuse(key, "is no number");
  return number;
}

/// The time as PyYAML and ElliptIO write it, with or without an offset; without one it is UTC.
Time time_of(const Json& json, std::string_view key) {
  std::string text = text_of(json, key);
  constexpr std::size_t date_end = 10, clock_end = 19;
  if (text.size() < clock_end) refuse(key, "is no time");
  text[date_end] = 'T';
  const bool has_offset = text.find_first_of("Z+-", clock_end) != std::string::npos;
  try {
    return parse_time(has_offset ? text : text + "Z");
  } catch (const Error&) {
    refuse(key, "is no time");
  }
}

Texts texts_of(const Json& json, std::string_view key) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return {};
  const Json::Object* members = value->if_object();
  if (members == nullptr) refuse(key, "is no mapping");
  Texts texts;
  // Mostly sorted: each goes to the end.
  for (const auto& [name, unused] : *members)
    texts.insert_or_assign(texts.end(), name, text_of(*value, name));
  return texts;
}

const Json::Array& list_of(const Json& json, std::string_view key) {
  static const Json::Array none;
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return none;
  const Json::Array* items = value->if_array();
  if (items == nullptr) refuse(key, "is no list");
  return *items;
}

std::vector<std::string> text_list_of(const Json& json, std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& item : list_of(json, key)) {
    if (item.if_string() == nullptr) refuse(key, "has an item that is no text");
    texts.push_back(*item.if_string());
  }
  return texts;
}

ArtifactFile file_of(const Json& json, std::string_view key) {
  ArtifactFile file{.relpath = text_of(json, "relpath"), .sha256 = {}, .size = {}, .object = {}};
  if (!is_logical_key(file.relpath)) refuse(key, "has a path that no file may have");
  if (const std::string hex = text_of(json, "sha256"); !hex.empty()) {
    file.sha256.emplace();
    if (!parse_hex(hex, *file.sha256)) refuse(key, "has a digest that is none");
  }
  if (const std::int64_t size = integer_of(json, "size", -1); size >= 0)
    file.size = static_cast<std::uint64_t>(size);
  if (const std::string object = text_of(json, "object"); !object.empty()) {
    if (!is_logical_key(object)) refuse(key, "has an object that no registry may have");
    file.object = object;
  }
  return file;
}

/// The files with all that is known of them; of an artifact of ElliptIO only the names are.
std::vector<ArtifactFile> files_of(const Json& json, std::string_view key, std::string_view names_key) {
  std::vector<ArtifactFile> files;
  if (json.find(key) != nullptr) {
    for (const Json& item : list_of(json, key)) {
      if (!item.is_object()) refuse(key, "has an item that is no mapping");
      files.push_back(file_of(item, key));
    }
  } else {
    for (std::string& name : text_list_of(json, names_key)) {
      if (!is_logical_key(name)) refuse(names_key, "has a path that no file may have");
      files.push_back({.relpath = std::move(name), .sha256 = {}, .size = {}, .object = {}});
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.relpath < b.relpath; });
  const auto same = [](const auto& a, const auto& b) { return a.relpath == b.relpath; };
  if (std::adjacent_find(files.begin(), files.end(), same) != files.end()) refuse(key, "has a path twice");
  return files;
}

ArtifactLabels labels_of(const Json& json) {
  ArtifactLabels labels;
  const Json* given = json.find("labels");
  if (given == nullptr || given->is_null()) return labels;
  if (!given->is_object()) refuse("labels", "is no mapping");
  for (const std::string_view name : ArtifactLabels::names()) *labels.find(name) = text_of(*given, name);
  labels.infos = texts_of(*given, "infos");
  return labels;
}

std::optional<ArtifactGit> git_of(const Json& json) {
  const Json* git = json.find("git");
  if (git == nullptr || git->is_null()) return std::nullopt;
  if (!git->is_object()) refuse("git", "is no mapping");
  return ArtifactGit{.branch = text_of(*git, "branch"),
                     .commit = text_of(*git, "commit"),
                     .remote = text_of(*git, "remote"),
                     .dirty = text_of(*git, "dirty") == "true"};
}

ArtifactEnvironment environment_of(const Json& json) {
  return {.username = text_of(json, "username"),
          .hostname = text_of(json, "hostname"),
          .argv = text_of(json, "argv"),
          .python_packages = texts_of(json, "python_packages"),
          .git = git_of(json),
          .system = texts_of(json, "system"),
          .capture = text_of(json, "capture"),
          .masked = static_cast<std::uint64_t>(integer_of(json, "masked", 0)),
          .left_out = text_list_of(json, "left_out")};
}

ArtifactRecord record_of(const Json& json) {
  if (!json.is_object()) throw Error(ErrorCode::corruption, "the metadata is no mapping");
  // The last key of every file: one that was cut off has none.
  if (integer_of(json, "version", 0) == 0) refuse("version", "is not there");
  if (integer_of(json, "schema_version", schema_version) > schema_version ||
      integer_of(json, "version", 1) > 1) {
    throw Error(ErrorCode::unsupported, "the metadata is of a newer version", "use a newer unio");
  }
  ArtifactRecord record;
  record.artifact_id = text_of(json, "artifact_id");
  if (!is_artifact_id(record.artifact_id)) refuse("artifact_id", "is no id");
  record.run_id = text_of(json, "run_id");
  record.creation_time = time_of(json, "creation_time");
  record.environment = environment_of(json);
  record.labels = labels_of(json);
  record.based_on = text_list_of(json, "based_on");
  record.local_root = text_of(json, "local_root");
  record.remote_root = text_of(json, "remote_root");
  record.files = files_of(json, "files", "file_relpaths");
  record.logs = files_of(json, "logs", "log_relpaths");
  record.revision = integer_of(json, "revision", 0);
  if (json.find("revision_time") != nullptr) record.revision_time = time_of(json, "revision_time");
  record.revised_by = text_of(json, "revised_by");
  return record;
}

}  // namespace

Json ArtifactRecord::document() const {
  Json json = Json::object({{"argv", environment.argv},
                            {"artifact_id", artifact_id},
                            {"based_on", lines_json(based_on)},
                            {"capture", environment.capture},
                            {"creation_time", format_time(creation_time)},
                            {"file_relpaths", relpaths_json(files)},
                            {"files", files_json(files)}});
  if (environment.git) json.set("git", git_json(*environment.git));
  json.set("hostname", environment.hostname);
  json.set("labels", labels_json(labels));
  if (!environment.left_out.empty()) json.set("left_out", lines_json(environment.left_out));
  json.set("local_root", local_root);
  json.set("log_relpaths", relpaths_json(logs));
  json.set("logs", files_json(logs));
  json.set("masked", environment.masked);
  json.set("python_packages", texts_json(environment.python_packages));
  json.set("remote_root", remote_root);
  if (revision_time) json.set("revised_by", revised_by);
  json.set("revision", revision);
  if (revision_time) json.set("revision_time", format_time(*revision_time));
  json.set("run_id", run_id);
  json.set("schema_version", schema_version);
  json.set("system", texts_json(environment.system));
  json.set("username", environment.username);
  json.set("version", version);
  return json;
}

Json RevisionEnvironment::document() const {
  Json json = Json::object();
  if (!environment.argv.empty()) json.set("argv", environment.argv);
  json.set("capture", environment.capture);
  if (environment.git) json.set("git", git_json(*environment.git));
  if (!environment.left_out.empty()) json.set("left_out", lines_json(environment.left_out));
  if (!logs.empty()) json.set("logs", files_json(logs));
  json.set("masked", environment.masked);
  if (!environment.python_packages.empty())
    json.set("python_packages", texts_json(environment.python_packages));
  if (!environment.system.empty()) json.set("system", texts_json(environment.system));
  return json;
}

RevisionEnvironment RevisionEnvironment::parse(const Json& document) {
  if (!document.is_object()) throw Error(ErrorCode::corruption, "the environment is no object");
  RevisionEnvironment revision{.environment = environment_of(document),
                               .logs = files_of(document, "logs", "log_relpaths")};
  for (const ArtifactFile& log : revision.logs) {
    if (!log.object) refuse("logs", "has one without an object");
  }
  return revision;
}

std::string ArtifactRecord::yaml() const {
  std::string out;
  const Json json = document();
  append_members(out, *json.if_object(), 0, false);
  return out;
}

ArtifactRecord ArtifactRecord::parse(std::string_view yaml) {
  auto record = parse_simply(yaml);
  return record ? *std::move(record) : parse_exactly(yaml);
}

std::optional<ArtifactRecord> ArtifactRecord::parse_simply(std::string_view yaml) {
  const auto simple = find_simple_yaml(yaml);
  return simple ? std::optional(record_of(*simple)) : std::nullopt;
}

ArtifactRecord ArtifactRecord::parse_exactly(std::string_view yaml) {
  return record_of(parse_yaml(yaml));
}

}  // namespace unio
