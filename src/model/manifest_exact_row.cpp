#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "model/manifest_line.hpp"

namespace unio {
namespace {

Error bad_row(std::string_view why) {
  return Error(ErrorCode::corruption, std::string(why));
}

const Json& require(const Json& row, std::string_view member) {
  const Json* value = row.find(member);
  if (value == nullptr) throw bad_row(fmt::format("'{}' is missing", member));
  return *value;
}

void read_exact_size(const Json& size, ManifestRow& row) {
  const std::int64_t* integer = size.if_integer();
  if (integer != nullptr && *integer >= 0) {
    row.entry.size = static_cast<std::uint64_t>(*integer);
    return;
  }
  constexpr double largest = 9.2e18;
  const double* real = size.if_double();
  if (real == nullptr || !(*real >= 0 && *real < largest) || std::floor(*real) != *real) {
    if (!size.is_null()) throw bad_row(fmt::format("'size' is {}, which is no size", size.dump()));
  } else {
    row.entry.size = static_cast<std::uint64_t>(*real);
  }
  row.entry.odd.size = size;
}

void read_exact_hash(const Json& hash, ManifestRow& row) {
  const Json* type = hash.find("type");
  const Json* value = hash.find("value");
  if (type != nullptr && value != nullptr && type->is_string() && value->is_string()) {
    if (const auto digest_type = find_digest_type(*type->if_string())) {
      row.entry.digest = Digest::parse(*digest_type, *value->if_string());
    }
  }
  // In another order it would be written back in another order.
  const Json::Object* object = hash.if_object();
  const bool plain = row.entry.digest && object->size() == 2 && object->begin()->first == "type";
  if (!plain) row.entry.odd.hash = hash;
}

/// quilt3 gives the metadata of a row without physical keys to the folder that its key lies in; a slash at
/// the end makes that the folder itself.
void read_folder(const Json& json, ManifestRow& row) {
  const std::string& key = row.owned_key;
  const auto slash = key.rfind('/');
  row.folder = slash == std::string::npos ? "" : key.substr(0, slash + 1);
  row.folder_meta = require(json, "meta");
}

/// The first physical key, of which quilt3 uses no other; null for a folder's row.
const std::string* first_url(const Json& row) {
  const Json* keys = row.find("physical_keys");
  if (keys == nullptr || !keys->truthy()) return nullptr;
  const Json::Array* array = keys->if_array();
  if (array == nullptr || !array->front().is_string()) throw bad_row("'physical_keys' is no list of texts");
  const std::string* url = array->front().if_string();
  if (url->empty()) throw bad_row("the first of 'physical_keys' is empty");
  return url;
}

}  // namespace

void read_exact_row(std::string_view line, ManifestRow& row) {
  const Json json = Json::parse(line);
  if (!json.is_object()) throw bad_row("a row is no object");
  row = {};
  const Json& key = require(json, "logical_key");
  if (!key.is_string()) throw bad_row("'logical_key' is no text");
  row.owned_key = *key.if_string();
  const std::string* url = first_url(json);
  if (url == nullptr) return read_folder(json, row);
  row.owned_url = *url;
  read_exact_size(require(json, "size"), row);
  read_exact_hash(require(json, "hash"), row);
  const Json& meta = require(json, "meta");
  if (meta.truthy()) {
    row.owned_meta = meta.dump(JsonStyle::python);
    meta.dump_to(row.canonical_meta, JsonStyle::canonical);
  }
  row.entry.key = row.owned_key;
  row.entry.url = row.owned_url;
  row.entry.meta = row.owned_meta;
}

}  // namespace unio
