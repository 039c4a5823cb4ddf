#include "model/manifest.hpp"

#include "base/error.hpp"
#include "model/canonical_json.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

std::shared_ptr<const ManifestData> empty_data() {
  auto data = std::make_shared<ManifestData>();
  data->header.set("version", "v0");
  return data;
}

/// Digest and size as the manifest has them, in canonical form.
std::string exact_bytes(const ManifestData& data, std::size_t index) {
  const EntryRecord& record = data.record(index);
  const OddEntry* odd = data.find_odd(index);
  Json hash;
  if (odd != nullptr && odd->hash) {
    hash = *odd->hash;
  } else if (record.has_digest) {
    const Digest digest{record.digest_type, record.digest};
    hash = Json::object({{"type", name(digest.type)}, {"value", digest.text()}});
  }
  const Json size = odd != nullptr && odd->size ? *odd->size : Json(record.size);
  return Json(Json::Array{hash, size}).dump(JsonStyle::canonical);
}

}  // namespace

std::string_view EntryView::logical_key() const {
  return data_->record(index_).key();
}

std::string EntryView::physical_key() const {
  return data_->url(data_->record(index_));
}

bool EntryView::physical_key_begins_with(std::string_view prefix) const {
  return data_->url_begins_with(data_->record(index_), prefix);
}

std::uint64_t EntryView::size() const {
  return data_->record(index_).size;
}

bool EntryView::has_hash() const {
  const OddEntry* odd = data_->find_odd(index_);
  return data_->record(index_).has_digest || (odd != nullptr && odd->hash && !odd->hash->is_null());
}

std::optional<Digest> EntryView::digest() const {
  const EntryRecord& record = data_->record(index_);
  if (!record.has_digest) return std::nullopt;
  return Digest{record.digest_type, record.digest};
}

std::string_view EntryView::meta() const {
  const std::string_view meta = data_->record(index_).meta();
  return meta.empty() ? "{}" : meta;
}

bool EntryView::same_bytes(const EntryView& other) const {
  const EntryRecord& left = data_->record(index_);
  const EntryRecord& right = other.data_->record(other.index_);
  if (!left.odd && !right.odd) {
    return left.size == right.size && left.has_digest == right.has_digest &&
           left.digest_type == right.digest_type && left.digest == right.digest;
  }
  return exact_bytes(*data_, index_) == exact_bytes(*other.data_, other.index_);
}

bool EntryView::same_meta(const EntryView& other) const {
  if (meta() == other.meta()) return true;
  CanonicalJson canonical;
  std::string left;
  std::string right;
  canonical.append(left, meta());
  canonical.append(right, other.meta());
  return left == right;
}

Entry EntryView::entry() const {
  const EntryRecord& record = data_->record(index_);
  return {std::string(record.key()), data_->url(record), record.size, digest(), std::string(record.meta())};
}

Manifest::Manifest() : data_(empty_data()) {}

const Json::Object& Manifest::header() const {
  return data_->header;
}

std::size_t Manifest::size() const {
  return data_->size();
}

std::uint64_t Manifest::total_bytes() const {
  return data_->total_bytes;
}

EntryView Manifest::operator[](std::size_t index) const {
  EntryView view;
  view.data_ = data_.get();
  view.index_ = static_cast<std::uint32_t>(data_->at(index));
  return view;
}

std::pair<std::size_t, std::size_t> Manifest::range(std::string_view folder) const {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (folder.empty()) return {0, size()};
  const std::size_t first =
      data_->first_where(0, [&](std::string_view key) { return compare_tree_order(key, folder) >= 0; });
  const std::size_t last =
      data_->first_where(first, [&](std::string_view key) { return !is_within(key, folder); });
  return {first, last};
}

std::optional<std::size_t> Manifest::find(std::string_view logical_key) const {
  if (logical_key.empty()) return std::nullopt;
  const auto [first, last] = range(logical_key);
  if (first == last || data_->in_order(first).key() != logical_key) return std::nullopt;
  return first;
}

const std::vector<std::pair<std::string, Json>>& Manifest::folder_meta() const {
  return data_->folder_meta;
}

std::string Manifest::top_hash() const {
  std::call_once(data_->top_hash_once, [&] {
    if (data_->top_hash.empty()) data_->top_hash = compute_top_hash(*data_);
  });
  return data_->top_hash;
}

Json Manifest::user_meta() const {
  const Json* meta = data_->header.find("user_meta");
  return meta == nullptr ? Json() : *meta;
}

std::optional<std::string> Manifest::message() const {
  const Json* message = data_->header.find("message");
  if (message == nullptr || message->if_string() == nullptr) return std::nullopt;
  return *message->if_string();
}

}  // namespace unio
