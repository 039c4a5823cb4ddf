#include <fmt/format.h>

#include <charconv>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "model/canonical_json.hpp"
#include "model/manifest_data.hpp"

namespace unio {
namespace {

constexpr std::size_t hashed_at_once = std::size_t{64} << 10;

void append_digest(std::string& out, const EntryRecord& record, const OddEntry* odd) {
  if (odd != nullptr && odd->hash) return odd->hash->dump_to(out, JsonStyle::canonical);
  out += R"({"type":")";
  out += name(record.digest_type);
  out += R"(","value":")";
  Digest{record.digest_type, record.digest}.append_text(out);
  out += "\"}";
}

void append_size(std::string& out, const EntryRecord& record, const OddEntry* odd) {
  if (odd != nullptr && odd->size) return odd->size->dump_to(out, JsonStyle::canonical);
  const fmt::format_int digits(record.size);
  out.append(digits.data(), digits.size());
}

}  // namespace

bool can_be_hashed(const ManifestData& data, std::size_t index) {
  const OddEntry* odd = data.find_odd(index);
  if (odd != nullptr && odd->size && odd->size->is_null()) return false;
  return data.record(index).has_digest || (odd != nullptr && odd->hash && !odd->hash->is_null());
}

void append_canonical_entry(std::string& out, const ManifestData& data, std::size_t index,
                            std::string_view meta) {
  const EntryRecord& record = data.record(index);
  if (!can_be_hashed(data, index)) {
    throw Error(ErrorCode::failed_precondition,
                fmt::format("{} has no digest or size yet", quoted_key(record.key())),
                "run `unio build-manifest` first");
  }
  const OddEntry* odd = data.find_odd(index);
  out += R"({"hash":)";
  append_digest(out, record, odd);
  out += R"(,"logical_key":)";
  append_json_string(out, record.key(), JsonStyle::canonical);
  out += R"(,"meta":)";
  out += meta.empty() ? "{}" : meta;
  out += R"(,"size":)";
  append_size(out, record, odd);
  out += '}';
}

std::string canonical_header(const ManifestData& data) {
  return Json(data.header).dump(JsonStyle::canonical);
}

std::string compute_top_hash(const ManifestData& data) {
  Sha256 hash;
  CanonicalJson canonical;
  std::string meta;
  std::string text = canonical_header(data);
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::size_t index = data.at(i);
    data.fetch_ahead(data.size() - i, [&](std::size_t steps) { return data.at(i + steps); });
    meta.clear();
    if (data.record(index).meta_size != 0) canonical.append(meta, data.record(index).meta());
    append_canonical_entry(text, data, index, meta);
    if (text.size() < hashed_at_once) continue;
    hash.update(text);
    text.clear();
  }
  hash.update(text);
  return to_hex(hash.finish());
}

}  // namespace unio
