#include "model/manifest_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"
#include "model/logical_key.hpp"

namespace unio {
namespace {

constexpr std::int64_t format = 1;

std::uint64_t get_count(const Json& line, std::string_view member) {
  const std::int64_t count = line.get_integer(member);
  if (count >= 0) return static_cast<std::uint64_t>(count);
  throw Error(ErrorCode::corruption, fmt::format("'{}' is negative", member));
}

ManifestBlock parse_block(const Json& line, bool is_head) {
  ManifestBlock block;
  block.size = get_count(line, "size");
  const auto sha256 = Digest::from_hex(DigestType::sha256, line.get_string("sha256"));
  if (!sha256) throw Error(ErrorCode::corruption, "'sha256' is no SHA-256");
  block.sha256 = sha256->value;
  if (is_head) return block;
  block.entries = get_count(line, "entries");
  block.bytes = get_count(line, "bytes");
  block.first_key = line.get_string("first");
  check_logical_key(block.first_key);
  return block;
}

/// Calls `each` with every line and its number, from 0.
template <class Each>
void for_each_line(std::string_view text, Each&& each) {
  for (std::size_t number = 0; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    each(number, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

void ManifestIndex::append(ManifestBlock block) {
  block.offset = size_;
  size_ += block.size;
  entries_ += block.entries;
  bytes_ += block.bytes;
  blocks_.push_back(std::move(block));
}

void ManifestIndex::add(const Manifest& manifest, const Manifest::Block& written) {
  ManifestBlock block;
  block.size = written.text.size();
  block.sha256 = sha256(std::as_bytes(std::span(written.text)));
  block.entries = written.count;
  for (std::size_t i = 0; i < written.count; ++i) block.bytes += manifest[written.first + i].size();
  if (written.count > 0) block.first_key = manifest[written.first].logical_key();
  append(std::move(block));
}

ManifestIndex ManifestIndex::parse(std::string_view text) {
  ManifestIndex index{{}};
  std::uint64_t size = 0;
  for_each_line(text, [&](std::size_t number, std::string_view line) {
    const Json json = Json::parse(line);
    if (number == 0) {
      if (json.get_integer("format") != format)
        throw Error(ErrorCode::unsupported, "the index has another format");
      index.top_hash_ = json.get_string("top_hash");
      size = get_count(json, "size");
      return;
    }
    ManifestBlock block = parse_block(json, number == 1);
    const bool has_room = block.size > 0 && block.size <= size - index.size_;
    const bool in_order =
        index.blocks_.size() < 2 || compare_tree_order(index.blocks_.back().first_key, block.first_key) < 0;
    if (!has_room || !in_order) throw Error(ErrorCode::corruption, "the blocks do not fit together");
    index.append(std::move(block));
  });
  if (index.blocks_.empty() || index.size_ != size)
    throw Error(ErrorCode::corruption, "the index is cut off");
  return index;
}

std::string ManifestIndex::dump() const {
  std::string out =
      Json::object({{"format", format}, {"top_hash", top_hash_}, {"size", size_}}).dump(JsonStyle::python);
  out += '\n';
  for (const ManifestBlock& block : blocks_) {
    Json line = Json::object({{"size", block.size}, {"sha256", to_hex(block.sha256)}});
    if (block.entries > 0) {
      line.set("entries", block.entries);
      line.set("bytes", block.bytes);
      line.set("first", block.first_key);
    }
    line.dump_to(out, JsonStyle::python);
    out += '\n';
  }
  return out;
}

std::pair<std::size_t, std::size_t> ManifestIndex::range(std::string_view key) const {
  while (key.ends_with('/')) key.remove_suffix(1);
  const auto head = blocks_.begin() + 1;
  if (key.empty()) return {1, blocks_.size()};
  const auto at_or_behind = std::partition_point(
      head, blocks_.end(), [&](const ManifestBlock& b) { return compare_tree_order(b.first_key, key) < 0; });
  const auto behind = std::partition_point(
      at_or_behind, blocks_.end(), [&](const ManifestBlock& b) { return is_within(b.first_key, key); });
  // What is wanted may begin inside the block before.
  const bool begins_here = at_or_behind != blocks_.end() && at_or_behind->first_key == key;
  const auto first = begins_here || at_or_behind == head ? at_or_behind : at_or_behind - 1;
  return {static_cast<std::size_t>(first - blocks_.begin()),
          static_cast<std::size_t>(behind - blocks_.begin())};
}

}  // namespace unio
