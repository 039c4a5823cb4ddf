#include <gtest/gtest.h>

#include <string>

#include "model/manifest.hpp"

namespace unio::test {
namespace {

using Kind = EntryChange::Kind;

Entry entry(std::string key, std::string_view content, std::string meta = "") {
  return {std::move(key), "file:///x", content.size(),
          digest_of(DigestType::sha2_256_chunked, std::as_bytes(std::span(content))), std::move(meta)};
}

Manifest manifest_of(const std::vector<Entry>& entries) {
  ManifestBuilder builder;
  for (const Entry& each : entries) builder.add(each);
  return builder.finish();
}

Manifest with_row(std::string_view size, std::string_view hash, std::string_view meta = "{}") {
  std::string text = "{}\n{\"logical_key\": \"a\", \"physical_keys\": [\"file:///x\"], \"size\": ";
  text.append(size).append(", \"hash\": ").append(hash).append(", \"meta\": ").append(meta).append("}\n");
  return parse_manifest(text);
}

TEST(ManifestDiff, lists_changes_in_tree_order) {
  const Manifest before =
      manifest_of({entry("a/b", "1"), entry("a.txt", "2"), entry("same", "3"), entry("z", "4")});
  const Manifest after =
      manifest_of({entry("a-b", "5"), entry("a/b", "6"), entry("same", "3"), entry("zz", "7")});
  const ManifestDiff result = diff(before, after);
  ASSERT_EQ(result.entries.size(), 5U);
  const std::vector<std::pair<Kind, std::string>> expected = {{Kind::modified, "a/b"},
                                                              {Kind::added, "a-b"},
                                                              {Kind::removed, "a.txt"},
                                                              {Kind::removed, "z"},
                                                              {Kind::added, "zz"}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.entries[i].kind, expected[i].first);
    EXPECT_EQ(result.entries[i].logical_key, expected[i].second);
    EXPECT_EQ(result.entries[i].before.has_value(), expected[i].first != Kind::added);
    EXPECT_EQ(result.entries[i].after.has_value(), expected[i].first != Kind::removed);
  }
  EXPECT_EQ(result.added, 2U);
  EXPECT_EQ(result.removed, 2U);
  EXPECT_EQ(result.modified, 1U);
  EXPECT_FALSE(result.empty());
}

TEST(ManifestDiff, says_whether_content_or_metadata_changed) {
  const Manifest before =
      manifest_of({entry("a", "1", "{\"user_meta\": 1}"), entry("b", "1"), entry("c", "1")});
  const Manifest after = manifest_of(
      {entry("a", "1", "{\"user_meta\": 2}"), entry("b", "2"), entry("c", "2", "{\"user_meta\": 1}")});
  const ManifestDiff result = diff(before, after);
  ASSERT_EQ(result.entries.size(), 3U);
  EXPECT_FALSE(result.entries[0].content_changed);
  EXPECT_TRUE(result.entries[0].meta_changed);
  EXPECT_TRUE(result.entries[1].content_changed);
  EXPECT_FALSE(result.entries[1].meta_changed);
  EXPECT_TRUE(result.entries[2].content_changed);
  EXPECT_TRUE(result.entries[2].meta_changed);
}

TEST(ManifestDiff, compares_values_not_their_spelling_nor_the_place) {
  Entry moved = entry("a", "1", "{\"b\": {\"y\":1, \"x\": \"\\u00e9\"},\"a\": NaN}");
  moved.physical_key = "s3://b/moved";
  EXPECT_TRUE(diff(manifest_of({entry("a", "1", "{\"a\": NaN, \"b\": {\"x\": \"é\", \"y\": 1}}")}),
                   manifest_of({moved}))
                  .empty());
}

TEST(ManifestDiff, sees_all_that_the_top_hash_sees) {
  const auto changed = [](const Manifest& before, const Manifest& after) {
    const ManifestDiff result = diff(before, after);
    EXPECT_EQ(result.empty(), before.top_hash() == after.top_hash());
    return !result.empty() && result.entries[0].content_changed;
  };
  const std::string_view md5 = R"({"type": "MD5", "value": "x"})";
  EXPECT_TRUE(changed(with_row("16", md5), with_row("16", R"({"type": "MD5", "value": "y"})")));
  EXPECT_TRUE(changed(with_row("16", md5), with_row("16.0", md5)));
  EXPECT_FALSE(changed(with_row("16", md5), with_row("16", R"({"value": "x", "type": "MD5"})")));
  EXPECT_FALSE(changed(with_row("16", md5, "{\"a\": 1}"), with_row("16", md5, "{\"a\": 1.0}")));
}

TEST(ManifestDiff, sees_metadata_of_the_package_and_of_folders) {
  const auto with = [](Json package, Json folder, std::string_view other) {
    ManifestBuilder builder;
    Json header = Json::object({{"version", "v0"}});
    if (!package.is_null()) header.set("user_meta", std::move(package));
    builder.set_header(*header.if_object());
    builder.set_folder_meta("a/", std::move(folder));
    if (!other.empty()) builder.set_folder_meta(std::string(other), 1);
    return builder.finish();
  };
  EXPECT_TRUE(diff(with(1, 1, "b/"), with(1, 1, "b/")).empty());
  EXPECT_TRUE(diff(with(1, 1, ""), with(2, 1, "")).package_meta_changed);
  EXPECT_FALSE(diff(with(1, 1, ""), with(1, 2, "")).package_meta_changed);
  EXPECT_EQ(diff(with(1, 1, ""), with(1, 2, "")).folders, std::vector<std::string>{"a/"});
  EXPECT_EQ(diff(with(1, 1, "A/"), with(1, 2, "b/")).folders, (std::vector<std::string>{"A/", "a/", "b/"}));
  EXPECT_EQ(diff(with(1, nullptr, "b/"), with(1, 2, "b/")).folders, std::vector<std::string>{"a/"});
}

}  // namespace
}  // namespace unio::test
