#include "catalog/sql/entry.hpp"

#include <algorithm>
#include <string>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "catalog/sql/body_codec.hpp"

namespace unio::sql {
namespace {

/// The document's text, with a null where its environment is.
std::string text_without_environment(const Json::Object& document) {
  std::string text = "{";
  for (const auto& [name, value] : document) {
    if (text.size() > 1) text += ',';
    append_json_string(text, name, JsonStyle::compact);
    text += ':';
    if (name == environment_field) {
      text += "null";
    } else {
      value.dump_to(text, JsonStyle::compact);
    }
  }
  return text + '}';
}

QueryValue value_without_environment(const Json::Object& document) {
  QueryValue::Object members;
  for (const auto& [name, value] : document) {
    if (name != environment_field) members.emplace_back(name, QueryValue::of_document(value));
  }
  std::ranges::sort(members, {}, &QueryValue::Member::first);
  return {std::move(members)};
}

std::string digest_of_shape(const std::map<std::string, std::int64_t>& shape) {
  std::string text;
  for (const auto& [path, bits] : shape) {
    text.append(std::to_string(path.size())).append(":").append(path).append(":");
    text.append(std::to_string(bits)).append(";");
  }
  return digest_of_text(text);
}

}  // namespace

std::string digest_of_text(std::string_view text) {
  const Sha256Value digest = sha256(as_bytes(text));
  return std::string(as_text(digest));
}

Entry::Entry(const CatalogDocument& of, const TextHash& hash) : document(&of) {
  const Json::Object& members = *of.document.if_object();
  body = packed(text_without_environment(members));
  const QueryValue value = value_without_environment(members);
  files = joined_files(value);
  index = index_of(value);
  shape = digest_of_shape(index.shape);
  hash_strings(hash);
}

void Entry::hash_strings(const TextHash& hash) {
  hashes.clear();
  for (const auto& [path, text] : index.strings) hashes.push_back(hash(text));
}

}  // namespace unio::sql
