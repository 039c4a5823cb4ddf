#include <fmt/format.h>

#include "model/manifest.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

constexpr std::size_t block_size = std::size_t{64} << 10;

void append_hash(std::string& out, const ManifestData& data, std::size_t index) {
  const EntryRecord& record = data.record(index);
  const OddEntry* odd = data.find_odd(index);
  if (odd != nullptr && odd->hash) {
    odd->hash->dump_to(out, JsonStyle::python);
  } else if (!record.has_digest) {
    out += "null";
  } else {
    out += R"({"type": ")";
    out += name(record.digest_type);
    out += R"(", "value": ")";
    Digest{record.digest_type, record.digest}.append_text(out);
    out += "\"}";
  }
}

/// `url` is only memory that is used again.
void append_row(std::string& out, const ManifestData& data, std::size_t index, std::string& url) {
  const EntryRecord& record = data.record(index);
  const OddEntry* odd = data.find_odd(index);
  out += R"({"logical_key": )";
  append_json_string(out, record.key(), JsonStyle::python);
  out += R"(, "physical_keys": [)";
  url.clear();
  data.append_url(url, record);
  append_json_string(out, url, JsonStyle::python);
  out += R"(], "size": )";
  out += odd != nullptr && odd->size ? odd->size->dump() : fmt::format_int(record.size).str();
  out += R"(, "hash": )";
  append_hash(out, data, index);
  out += R"(, "meta": )";
  out += record.meta_size == 0 ? "{}" : record.meta();
  out += "}\n";
}

}  // namespace

void Manifest::write_blocks(const std::function<void(const Block&)>& sink) const {
  std::string out = Json(data_->header).dump(JsonStyle::python) + "\n";
  for (const auto& [key, meta] : data_->folder_meta) {
    Json::object({{"logical_key", key}, {"meta", meta}}).dump_to(out, JsonStyle::python);
    out += '\n';
  }
  sink({out});
  out.clear();
  std::string url;
  std::size_t first = 0;
  for (std::size_t i = 0; i < data_->size(); ++i) {
    append_row(out, *data_, data_->at(i), url);
    if (out.size() < block_size && i + 1 < data_->size()) continue;
    sink({out, first, i + 1 - first});
    out.clear();
    first = i + 1;
  }
}

void Manifest::write(const std::function<void(std::string_view)>& sink) const {
  write_blocks([&](const Block& block) { sink(block.text); });
}

}  // namespace unio
