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
  CanonicalJson canonical;
  ManifestRow row;  ///< the row being read; keeps its buffers

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorCode::corruption, fmt::format("line {} of the manifest: {}", line_number, why));
  }

  void line(std::string_view text) {
    ++line_number;
    if (text.size() > options.max_line) fail(fmt::format("it is longer than {} bytes", options.max_line));
    if (!is_utf8(text)) fail("it is not UTF-8");
    try {
      line_number == 1 ? header(text) : read_row(text);
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

  void read_row(std::string_view text) {
    if (!read_plain_row(text, canonical, row)) read_exact_row(text, row);
    if (row.folder) return add_folder();
    check_logical_key(row.entry.key);
    data->add(row.entry);
    if (hashing) hash_last_entry();
  }

  void hash_last_entry() {
    const std::size_t index = data->size() - 1;
    if (!data->is_sorted() || !can_be_hashed(*data, index)) return stop_hashing();
    append_canonical_entry(to_hash, *data, index, row.canonical_meta);
    if (to_hash.size() < hashed_at_once) return;
    hash.update(to_hash);
    to_hash.clear();
  }

  /// The top hash is computed later, when somebody asks for it.
  void stop_hashing() {
    hashing = false;
    to_hash = {};
  }

  void add_folder() {
    const std::string& key = *row.folder;
    if (key.empty()) {
      data->header.set("user_meta", std::move(row.folder_meta));
      return stop_hashing();
    }
    check_logical_key(std::string_view(key).substr(0, key.size() - 1));
    data->folder_meta.emplace_back(key, std::move(row.folder_meta));
  }
};

ManifestReader::ManifestReader() : ManifestReader(Options{}) {}

ManifestReader::ManifestReader(Options options) : state_(std::make_unique<State>()) {
  state_->options = options;
}

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
  return manifest;
}

Manifest parse_manifest(std::string_view text) {
  ManifestReader reader;
  reader.feed(text);
  return reader.finish();
}

}  // namespace unio
