#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "model/manifest.hpp"

namespace unio::test {
namespace {

using Model = std::map<std::string, Entry, TreeOrder>;

/// Makes values from a seed: RapidCheck's own combinators take milliseconds for an entry.
class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string text(std::string_view letters) {
    std::string result;
    for (std::size_t length = 1 + below(3); length > 0; --length) result += letters[below(letters.size())];
    return result;
  }

  /// Of few letters in few folders, so that many lie beside and below one another; no file is a folder.
  std::string key() {
    const std::size_t depth = below(5);
    std::string result;
    for (std::size_t i = 0; i < depth; ++i) result += "d" + text("ab-.+") + "/";
    return result + "f" + text("ab ");
  }

  Json json() {
    switch (below(5)) {
      case 0:
        return static_cast<std::int64_t>(below(2000)) - 1000;
      case 1:
        return static_cast<double>(below(1000)) / 8;
      case 2:
        return text("a\"\\\n\x7f ");
      case 3:
        return Json::Array{1, "é", nullptr};
      default:
        return Json::object({{text("ab"), nullptr}, {text("ab"), true}});
    }
  }

  Entry entry() {
    Entry result;
    result.logical_key = key();
    const std::string urls[] = {"s3://b/p/" + result.logical_key, "file:///data/x", "s3://b/é?x"};
    result.physical_key = urls[below(std::size(urls))];
    result.size = below(1000);
    const DigestType types[] = {DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme};
    const std::string content = std::to_string(below(3));
    result.digest = digest_of(types[below(std::size(types))], std::as_bytes(std::span(content)));
    if (below(2) == 0) {
      const JsonStyle style = below(2) == 0 ? JsonStyle::python : JsonStyle::compact;
      result.meta = Json::object({{"user_meta", Json::object({{"z", json()}, {"a", json()}})}}).dump(style);
    }
    return result;
  }

 private:
  std::mt19937 random_;
};

Model any_model() {
  Maker maker(*rc::gen::arbitrary<std::uint32_t>());
  Model model;
  for (int count = *rc::gen::inRange(0, 40); count > 0; --count) {
    Entry entry = maker.entry();
    model.insert_or_assign(entry.logical_key, std::move(entry));
  }
  return model;
}

Manifest manifest_of(const Model& model) {
  ManifestBuilder builder;
  for (const auto& [key, entry] : model) builder.add(entry);
  return builder.finish();
}

std::string written(const Manifest& manifest) {
  std::string text;
  manifest.write([&](std::string_view piece) { text += piece; });
  return text;
}

/// The text with the rows after the header in another order.
std::string shuffled(const std::string& text, std::uint32_t seed) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  std::shuffle(lines.begin() + 1, lines.end(), std::mt19937(seed));
  std::string result;
  for (const std::string& line : lines) result += line;
  return result;
}

RC_GTEST_PROP(ManifestProperty, what_is_written_is_read_back, ()) {
  const Model model = any_model();
  const Manifest manifest = parse_manifest(written(manifest_of(model)));
  RC_ASSERT(manifest.size() == model.size());
  std::size_t i = 0;
  for (const auto& [key, entry] : model) RC_ASSERT(manifest[i++].entry() == entry);
  RC_ASSERT(written(manifest) == written(manifest_of(model)));
}

RC_GTEST_PROP(ManifestProperty, the_order_of_rows_does_not_matter, (std::uint32_t seed)) {
  const Manifest manifest = manifest_of(any_model());
  const std::string text = written(manifest);
  const Manifest other = parse_manifest(shuffled(text, seed));
  RC_ASSERT(other.top_hash() == manifest.top_hash());
  RC_ASSERT(parse_manifest(text).top_hash() == manifest.top_hash());
  RC_ASSERT(written(other) == text);
}

RC_GTEST_PROP(ManifestProperty, a_diff_reversed_is_the_diff_the_other_way, ()) {
  const Manifest before = manifest_of(any_model());
  const Manifest after = manifest_of(any_model());
  const ManifestDiff forth = diff(before, after);
  const ManifestDiff back = diff(after, before);
  RC_ASSERT(forth.added == back.removed);
  RC_ASSERT(forth.removed == back.added);
  RC_ASSERT(forth.modified == back.modified);
  RC_ASSERT(forth.entries.size() == back.entries.size());
  for (std::size_t i = 0; i < forth.entries.size(); ++i) {
    RC_ASSERT(forth.entries[i].logical_key == back.entries[i].logical_key);
    RC_ASSERT(forth.entries[i].before == back.entries[i].after);
    RC_ASSERT(forth.entries[i].after == back.entries[i].before);
    RC_ASSERT(forth.entries[i].content_changed == back.entries[i].content_changed);
    RC_ASSERT(forth.entries[i].meta_changed == back.entries[i].meta_changed);
  }
  RC_ASSERT(forth.empty() == (before.top_hash() == after.top_hash()));
}

RC_GTEST_PROP(ManifestProperty, a_diff_leads_from_one_to_the_other, ()) {
  Model model = any_model();
  const Manifest before = manifest_of(model);
  const Manifest after = manifest_of(any_model());
  for (const EntryChange& change : diff(before, after).entries) {
    model.erase(change.logical_key);
    if (change.after) model.emplace(change.logical_key, *change.after);
  }
  RC_ASSERT(manifest_of(model).top_hash() == after.top_hash());
}

RC_GTEST_PROP(ManifestProperty, find_and_range_agree_with_a_search_through_all, ()) {
  const Model model = any_model();
  const Manifest manifest = manifest_of(model);
  const std::string key = Maker(*rc::gen::arbitrary<std::uint32_t>()).key();
  RC_ASSERT(manifest.find(key).has_value() == model.contains(key));
  const std::string folder = key.substr(0, *rc::gen::inRange<std::size_t>(0, key.size() + 1));
  const auto [first, last] = manifest.range(folder);
  RC_ASSERT(first <= last);
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    RC_ASSERT(is_within(manifest[i].logical_key(), folder) == (first <= i && i < last));
    RC_ASSERT(manifest.find(manifest[i].logical_key()) == i);
  }
}

}  // namespace
}  // namespace unio::test
