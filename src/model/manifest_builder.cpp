#include <algorithm>

#include "base/error.hpp"
#include "model/manifest.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

/// Metadata that quilt3 calls false is no metadata.
std::string_view stored_meta(std::string_view meta) {
  if (meta.empty() || meta == "{}" || !Json::parse(meta).truthy()) return {};
  return meta;
}

}  // namespace

struct ManifestBuilder::State {
  std::shared_ptr<ManifestData> data = std::make_shared<ManifestData>();
};

ManifestBuilder::ManifestBuilder() : state_(std::make_unique<State>()) {
  state_->data->header.set("version", "v0");
  state_->data->header.set("message", nullptr);
}

ManifestBuilder::~ManifestBuilder() = default;

void ManifestBuilder::set_header(Json::Object header) { state_->data->header = std::move(header); }

void ManifestBuilder::set_folder_meta(std::string key, Json meta) {
  check(key.ends_with('/'), "a folder's key ends in a slash");
  check_logical_key(std::string_view(key).substr(0, key.size() - 1));
  auto& folders = state_->data->folder_meta;
  std::erase_if(folders, [&](const auto& folder) { return folder.first == key; });
  if (meta.truthy()) folders.emplace_back(std::move(key), std::move(meta));
}

void ManifestBuilder::add(const Entry& entry) {
  check_logical_key(entry.logical_key);
  ManifestData::NewEntry added;
  added.key = entry.logical_key;
  added.url = entry.physical_key;
  added.meta = stored_meta(entry.meta);
  added.size = entry.size;
  added.digest = entry.digest;
  state_->data->add(added);
}

void ManifestBuilder::add(const EntryView& view) { state_->data->add(*view.data_, view.index_, view.logical_key()); }

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
