#include <fmt/format.h>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "model/manifest.hpp"
#include "model/manifest_data.hpp"
#include "model/manifest_line.hpp"

namespace unio {
namespace {

constexpr std::size_t hashed_at_once = std::size_t{64} << 10;

}  // namespace

/// The reading of one manifest: the line that is not complete yet, and the hash while rows come in order.
struct ManifestReader::State {
  Options options;
  std::shared_ptr<ManifestData> data = std::make_shared<ManifestData>();
  std::string partial;
  std::size_t line_number = 0;
  bool hashing = false;
  Sha256 hash;
  std::string to_hash;

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorCode::corruption, fmt::format("line {} of the manifest: {}", line_number, why));
  }

  void line(std::string_view text) {
    ++line_number;
    if (text.size() > options.max_line) fail(fmt::format("it is longer than {} bytes", options.max_line));
    if (!is_utf8(text)) fail("it is not UTF-8");
    try {
      line_number == 1 ? header(text) : row(text);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::internal || error.code() == ErrorCode::cancelled) throw;
      fail(error.message());
    }
  }

  void header(std::string_view text) {
    Json json = Json::parse(text);
    if (!json.is_object()) throw Error(ErrorCode::corruption, "the header is no object");
    json.if_object()->erase("top_hash");
    data->header = std::move(*json.if_object());
    hashing = options.hash_while_reading;
    if (hashing) to_hash = canonical_header(*data);
  }

  void row(std::string_view text) {
    ManifestRow row;
    if (read_plain_row(text, row)) return add(row);
    ManifestRow exact = read_exact_row(text);
    if (exact.folder) return add_folder(exact);
    exact.entry.key = exact.owned_key;
    exact.entry.url = exact.owned_url;
    exact.entry.meta = exact.owned_meta;
    add(exact);
  }

  void add(const ManifestRow& row) {
    check_logical_key(row.entry.key);
    data->add(row.entry);
    if (!hashing) return;
    const bool hashable = row.entry.digest || (row.entry.odd.hash && !row.entry.odd.hash->is_null());
    if (!data->is_sorted() || !hashable) {
      hashing = false;
      to_hash.clear();
      return;
    }
    append_canonical_entry(to_hash, *data, data->size() - 1);
    if (to_hash.size() >= hashed_at_once) {
      hash.update(to_hash);
      to_hash.clear();
    }
  }

  void add_folder(ManifestRow& row) {
    check_logical_key(std::string_view(row.owned_key).substr(0, row.owned_key.size() - 1));
    if (row.folder_meta.truthy()) data->folder_meta.emplace_back(row.owned_key, std::move(row.folder_meta));
  }
};

ManifestReader::ManifestReader() : ManifestReader(Options{}) {}

ManifestReader::ManifestReader(Options options) : state_(std::make_unique<State>()) { state_->options = options; }

ManifestReader::~ManifestReader() = default;

void ManifestReader::feed(std::string_view piece) {
  std::string& partial = state_->partial;
  while (!piece.empty()) {
    const auto end = piece.find('\n');
    if (end == std::string_view::npos) {
      partial += piece;
      if (partial.size() > state_->options.max_line) {
        ++state_->line_number;
        state_->fail(fmt::format("it is longer than {} bytes", state_->options.max_line));
      }
      return;
    }
    if (partial.empty()) {
      state_->line(piece.substr(0, end));
    } else {
      partial += piece.substr(0, end);
      const std::string line = std::exchange(partial, {});
      state_->line(line);
    }
    piece.remove_prefix(end + 1);
  }
}

Manifest ManifestReader::finish() {
  if (!state_->partial.empty()) state_->line(std::exchange(state_->partial, {}));
  if (state_->line_number == 0) throw Error(ErrorCode::corruption, "the manifest is empty");
  ManifestData& data = *state_->data;
  data.sort();
  data.check_keys(ErrorCode::corruption);
  if (state_->hashing) {
    state_->hash.update(state_->to_hash);
    data.top_hash = to_hex(state_->hash.finish());
  }
  Manifest manifest;
  manifest.data_ = std::move(state_->data);
  for (const auto& [key, meta] : manifest.folder_meta()) {
    if (!manifest.find(std::string_view(key).substr(0, key.size() - 1))) continue;
    throw Error(ErrorCode::corruption, fmt::format("'{}' is both a file and a folder", key));
  }
  return manifest;
}

Manifest parse_manifest(std::string_view text) {
  ManifestReader reader;
  reader.feed(text);
  return reader.finish();
}

}  // namespace unio
