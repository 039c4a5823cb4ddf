#include "base/error.hpp"
#include "model/canonical_json.hpp"
#include "model/manifest.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

/// What is stored of metadata: nothing for what quilt3 calls false, and always a single line.
std::string stored_meta(std::string_view meta, CanonicalJson& canonical) {
  if (meta.empty() || meta == "{}") return {};
  std::string form;
  const auto length = canonical.append_plain(form, meta);
  if (length == meta.size() && form.size() > std::string_view("false").size()) return std::string(meta);
  const Json json = Json::parse(meta);
  if (!json.truthy()) return {};
  return meta.find_first_of("\r\n") == std::string_view::npos ? std::string(meta)
                                                              : json.dump(JsonStyle::python);
}

}  // namespace

struct ManifestBuilder::State {
  std::shared_ptr<ManifestData> data = std::make_shared<ManifestData>();
  CanonicalJson canonical;
};

ManifestBuilder::ManifestBuilder() : state_(std::make_unique<State>()) {
  state_->data->header.set("version", "v0");
  state_->data->header.set("message", nullptr);
}

ManifestBuilder::~ManifestBuilder() = default;

void ManifestBuilder::set_header(Json::Object header) {
  state_->data->header = std::move(header);
}

void ManifestBuilder::set_folder_meta(std::string key, Json meta) {
  check(key.ends_with('/'), "a folder's key ends in a slash");
  check_logical_key(std::string_view(key).substr(0, key.size() - 1));
  state_->data->folder_meta.emplace_back(std::move(key), std::move(meta));
}

void ManifestBuilder::add(const Entry& entry) {
  check_logical_key(entry.logical_key);
  ManifestData::NewEntry added;
  added.key = entry.logical_key;
  added.url = entry.physical_key;
  const std::string meta = stored_meta(entry.meta, state_->canonical);
  added.meta = meta;
  added.size = entry.size;
  added.digest = entry.digest;
  state_->data->add(added);
}

void ManifestBuilder::add(const EntryView& view) {
  state_->data->add(*view.data_, view.index_, view.logical_key());
}

void ManifestBuilder::add_as(const EntryView& view, std::string_view logical_key) {
  check_logical_key(logical_key);
  state_->data->add(*view.data_, view.index_, logical_key);
}

Manifest ManifestBuilder::finish() {
  state_->data->sort();
  state_->data->check_keys(ErrorCode::invalid_argument);
  Manifest manifest;
  manifest.data_ = std::move(state_->data);
  return manifest;
}

}  // namespace unio
