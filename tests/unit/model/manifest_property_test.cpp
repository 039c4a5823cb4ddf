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

/// Keys of few letters in few folders, so that many lie beside and below one another; no file is a folder.
rc::Gen<std::string> any_key() {
  const auto segment =
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', '-', '.', '+')));
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(segment),
                      [](std::vector<std::string> folders) {
                        if (folders.size() > 4) folders.resize(4);
                        std::string key;
                        for (const std::string& folder : folders) key += "d" + folder + "/";
                        return key + "f" + std::to_string(folders.size());
                      });
}

rc::Gen<Json> any_json() {
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t value) { return Json(value); }),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double value) { return Json(value); }),
      rc::gen::map(rc::gen::container<std::string>(rc::gen::element('a', '"', '\\', '\n', '\x7f', ' ')),
                   [](const std::string& value) { return Json(value); }),
      rc::gen::just(Json(Json::Array{1, "é", nullptr})));
}

rc::Gen<Entry> any_entry() {
  return rc::gen::exec([] {
    Entry entry;
    entry.logical_key = *any_key();
    entry.physical_key =
        *rc::gen::element<std::string>("s3://b/p/" + entry.logical_key, "file:///data/x", "s3://b/é?x");
    entry.size = *rc::gen::inRange<std::uint64_t>(0, 1000);
    const auto type =
        *rc::gen::element(DigestType::sha2_256_chunked, DigestType::sha256, DigestType::crc64nvme);
    const std::string content = std::to_string(*rc::gen::inRange(0, 3));
    entry.digest = digest_of(type, std::as_bytes(std::span(content)));
    if (*rc::gen::arbitrary<bool>()) {
      const Json user_meta = Json::object({{"z", *any_json()}, {"a", *any_json()}});
      entry.meta = Json::object({{"user_meta", user_meta}})
                       .dump(*rc::gen::element(JsonStyle::python, JsonStyle::compact));
    }
    return entry;
  });
}

rc::Gen<Model> any_model() {
  return rc::gen::map(rc::gen::container<std::vector<Entry>>(any_entry()),
                      [](const std::vector<Entry>& entries) {
                        Model model;
                        for (const Entry& entry : entries) model.insert_or_assign(entry.logical_key, entry);
                        return model;
                      });
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
  const Model model = *any_model();
  const Manifest manifest = parse_manifest(written(manifest_of(model)));
  RC_ASSERT(manifest.size() == model.size());
  std::size_t i = 0;
  for (const auto& [key, entry] : model) RC_ASSERT(manifest[i++].entry() == entry);
  RC_ASSERT(written(manifest) == written(manifest_of(model)));
}

RC_GTEST_PROP(ManifestProperty, the_order_of_rows_does_not_matter, (std::uint32_t seed)) {
  const Manifest manifest = manifest_of(*any_model());
  const std::string text = written(manifest);
  const Manifest other = parse_manifest(shuffled(text, seed));
  RC_ASSERT(other.top_hash() == manifest.top_hash());
  RC_ASSERT(parse_manifest(text).top_hash() == manifest.top_hash());
  RC_ASSERT(written(other) == text);
}

RC_GTEST_PROP(ManifestProperty, a_diff_reversed_is_the_diff_the_other_way, ()) {
  const Manifest before = manifest_of(*any_model());
  const Manifest after = manifest_of(*any_model());
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
  Model model = *any_model();
  const Manifest before = manifest_of(model);
  const Manifest after = manifest_of(*any_model());
  for (const EntryChange& change : diff(before, after).entries) {
    model.erase(change.logical_key);
    if (change.after) model.emplace(change.logical_key, *change.after);
  }
  RC_ASSERT(manifest_of(model).top_hash() == after.top_hash());
}

RC_GTEST_PROP(ManifestProperty, find_and_range_agree_with_a_search_through_all, ()) {
  const Model model = *any_model();
  const Manifest manifest = manifest_of(model);
  const std::string key = *any_key();
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
