#include "workspace/builder_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace unio {
namespace {

constexpr int format_version = 1;
constexpr std::array<std::string_view, 3> source_kinds{"file", "folder", "installed"};
constexpr std::array<std::string_view, 3> version_kinds{"latest", "tag", "hash"};

template <std::size_t Count>
std::size_t position_of(const std::array<std::string_view, Count>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Error(ErrorCode::corruption, fmt::format("'{}' is unknown", name));
  return static_cast<std::size_t>(found - names.begin());
}

bool get_bool(const Json& json, std::string_view member) {
  const Json* value = json.find(member);
  return value != nullptr && value->if_bool() != nullptr && *value->if_bool();
}

std::vector<std::string> get_texts(const Json& json, std::string_view member) {
  std::vector<std::string> texts;
  const Json* value = json.find(member);
  if (value == nullptr || value->if_array() == nullptr) return texts;
  for (const Json& text : *value->if_array()) {
    if (!text.is_string())
      throw Error(ErrorCode::corruption, fmt::format("'{}' holds what is no text", member));
    texts.push_back(*text.if_string());
  }
  return texts;
}

Json from_texts(const std::vector<std::string>& texts) {
  return Json::Array(texts.begin(), texts.end());
}

Source parse_source(const Json& json) {
  Source source;
  source.kind = static_cast<Source::Kind>(position_of(source_kinds, json.get_string("kind")));
  source.key = json.get_string("key");
  source.path = json.get_string("path");
  source.excluded = get_texts(json, "excluded");
  source.overrides = get_bool(json, "overrides");
  return source;
}

Json dump_source(const Source& source) {
  Json json = Json::object({{"kind", source_kinds[static_cast<std::size_t>(source.kind)]},
                            {"key", source.key},
                            {"path", source.path}});
  if (!source.excluded.empty()) json.set("excluded", from_texts(source.excluded));
  if (source.overrides) json.set("overrides", true);
  return json;
}

void check_format(const Json& json) {
  if (const std::int64_t format = json.get_integer("format"); format != format_version) {
    throw Error(ErrorCode::unsupported, fmt::format("the workspace has format {}", format),
                "install a newer unio");
  }
}

const Json::Object& object_member(const Json& json, std::string_view member) {
  static const Json::Object none;
  const Json* value = json.find(member);
  return value == nullptr || value->if_object() == nullptr ? none : *value->if_object();
}

}  // namespace

BuilderState BuilderState::parse(std::string_view text) {
  const Json json = Json::parse(text);
  check_format(json);
  BuilderState state;
  state.ref.registry = json.get_string("registry");
  state.ref.name = PackageName::parse(json.get_string("package"));
  const Json version(object_member(json, "version"));
  state.ref.version.kind = static_cast<Version::Kind>(position_of(version_kinds, version.get_string("kind")));
  state.ref.version.value = version.get_string("value");
  state.built = get_bool(json, "built");
  state.published = get_bool(json, "published");
  state.manifest_file = json.find_string("manifest_file").value_or("");
  state.top_hash = json.find_string("top_hash").value_or("");
  state.part_sha256 = json.find_string("part_sha256").value_or("");
  if (const Json* sources = json.find("sources"); sources != nullptr && sources->if_array() != nullptr) {
    for (const Json& source : *sources->if_array()) state.sources.push_back(parse_source(source));
  }
  for (const auto& [key, meta] : object_member(json, "pending_meta")) state.pending_meta.emplace(key, meta);
  if (const Json* meta = json.find("package_meta")) state.package_meta = *meta;
  state.message = json.find_string("message");
  for (const auto& [pointer, hash] : object_member(json, "known_pointers")) {
    if (hash.is_string()) state.known_pointers.emplace(pointer, *hash.if_string());
  }
  state.known_format = json.find_string("known_format").value_or("");
  state.parents = get_texts(json, "parents");
  return state;
}

std::string BuilderState::dump() const {
  Json::Array source_list;
  for (const Source& source : sources) source_list.push_back(dump_source(source));
  Json::Object pending;
  for (const auto& [key, meta] : pending_meta) pending.set(key, meta);
  Json::Object known;
  for (const auto& [pointer, hash] : known_pointers) known.set(pointer, hash);
  Json json = Json::object(
      {{"format", format_version},
       {"registry", ref.registry},
       {"package", ref.name.text()},
       {"version", Json::object({{"kind", version_kinds[static_cast<std::size_t>(ref.version.kind)]},
                                 {"value", ref.version.value}})},
       {"built", built},
       {"published", published},
       {"manifest_file", manifest_file},
       {"top_hash", top_hash},
       {"sources", std::move(source_list)},
       {"pending_meta", std::move(pending)},
       {"known_pointers", std::move(known)},
       {"parents", from_texts(parents)}});
  if (package_meta) json.set("package_meta", *package_meta);
  if (message) json.set("message", *message);
  if (!part_sha256.empty()) json.set("part_sha256", part_sha256);
  if (!known_format.empty()) json.set("known_format", known_format);
  return json.dump(JsonStyle::pretty) + "\n";
}

}  // namespace unio
