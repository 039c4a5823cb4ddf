#include "model/manifest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using Range = std::pair<std::size_t, std::size_t>;

Entry entry(std::string key, std::string_view content = "x") {
  const std::string url = "file:///data/" + key;
  return {std::move(key), url, content.size(),
          digest_of(DigestType::sha2_256_chunked, std::as_bytes(std::span(content))), ""};
}

Manifest manifest_of(const std::vector<Entry>& entries) {
  ManifestBuilder builder;
  for (const Entry& each : entries) builder.add(each);
  return builder.finish();
}

std::string written(const Manifest& manifest) {
  std::string text;
  manifest.write([&](std::string_view piece) { text += piece; });
  return text;
}

std::string message_of(ManifestBuilder& builder) {
  try {
    builder.finish();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.message();
  }
  return "no error";
}

TEST(Manifest, that_is_new_is_empty) {
  const Manifest manifest;
  EXPECT_EQ(manifest.size(), 0U);
  EXPECT_EQ(written(manifest), "{\"version\": \"v0\"}\n");
  EXPECT_EQ(manifest.range(""), (Range{0, 0}));
  EXPECT_FALSE(manifest.find("a"));
}

TEST(Manifest, finds_entries_and_folders) {
  const Manifest manifest =
      manifest_of({entry("a.txt"), entry("a/z"), entry("a-b"), entry("a/b/c"), entry("a/b/d"), entry("b")});
  EXPECT_EQ(manifest.range(""), (Range{0, 6}));
  EXPECT_EQ(manifest.range("/"), (Range{0, 6}));
  EXPECT_EQ(manifest.range("a"), (Range{0, 3}));
  EXPECT_EQ(manifest.range("a/"), (Range{0, 3}));
  EXPECT_EQ(manifest.range("a/b"), (Range{0, 2}));
  EXPECT_EQ(manifest.range("a/b/c"), (Range{0, 1}));
  EXPECT_EQ(manifest.range("a/c").first, manifest.range("a/c").second);
  EXPECT_EQ(manifest.find("a-b"), 3U);
  EXPECT_EQ(manifest.find("b"), 5U);
  EXPECT_FALSE(manifest.find("a"));
  EXPECT_FALSE(manifest.find("a/"));
  EXPECT_FALSE(manifest.find("b/"));
  EXPECT_FALSE(manifest.find(""));
}

TEST(Manifest, stays_valid_in_copies) {
  Manifest copy;
  {
    const Manifest manifest = manifest_of({entry("a")});
    copy = manifest;
  }
  EXPECT_EQ(copy[0].logical_key(), "a");
}

TEST(ManifestBuilder, writes_version_and_message_when_nothing_is_set) {
  EXPECT_EQ(ManifestBuilder().finish().top_hash(),
            "2a5a67156ca9238c14d12042db51c5b52260fdd5511b61ea89b58929d6e1769b");
}

TEST(ManifestBuilder, names_both_keys_that_exclude_each_other) {
  ManifestBuilder twice;
  twice.add(entry("a/b"));
  twice.add(entry("a/b", "other"));
  EXPECT_EQ(message_of(twice), "\"a/b\" is there twice");

  ManifestBuilder nested;
  nested.add(entry("a/b/c"));
  nested.add(entry("a/b"));
  EXPECT_EQ(message_of(nested), "\"a/b\" cannot be a file and the folder of \"a/b/c\"");

  ManifestBuilder folder;
  folder.add(entry("a"));
  folder.set_folder_meta("a/b/", Json::object({{"x", 1}}));
  EXPECT_EQ(message_of(folder), "\"a\" cannot be a file and the folder of \"a/b/\"");
}

TEST(ManifestBuilder, refuses_a_key_that_is_no_path) {
  ManifestBuilder builder;
  EXPECT_UNIO_ERROR(builder.add(entry("../a")), invalid_argument);
  EXPECT_UNIO_ERROR(builder.set_folder_meta("../", 1), invalid_argument);
  const Manifest other = manifest_of({entry("a")});
  EXPECT_UNIO_ERROR(builder.add_as(other[0], "a/"), invalid_argument);
}

TEST(ManifestBuilder, keeps_metadata_on_one_line) {
  ManifestBuilder builder;
  Entry pretty = entry("a");
  pretty.meta = "{\n  \"user_meta\": {\"b\": 1.50}\n}";
  builder.add(pretty);
  const Manifest manifest = builder.finish();
  EXPECT_EQ(manifest[0].meta(), R"({"user_meta": {"b": 1.5}})");
  EXPECT_EQ(parse_manifest(written(manifest)).top_hash(), manifest.top_hash());
}

TEST(ManifestBuilder, refuses_metadata_that_is_no_json) {
  for (const char* meta : {"{", "x", "{} {}", "{\"a\": 01}"}) {
    ManifestBuilder builder;
    Entry bad = entry("a");
    bad.meta = meta;
    EXPECT_UNIO_ERROR(builder.add(bad), invalid_argument) << meta;
  }
}

TEST(ManifestBuilder, stores_nothing_for_metadata_that_quilt3_calls_false) {
  for (const char* meta : {"", "{}", "{ }", "null", "[]", "\"\"", "0", "0.0", "-0", "false"}) {
    ManifestBuilder builder;
    Entry falsy = entry("a");
    falsy.meta = meta;
    builder.add(falsy);
    EXPECT_EQ(builder.finish()[0].meta(), "{}") << meta;
  }
}

TEST(ManifestBuilder, counts_the_last_metadata_of_a_folder) {
  ManifestBuilder builder;
  builder.set_folder_meta("b/", 1);
  builder.set_folder_meta("a/", 1);
  builder.set_folder_meta("a/", Json::object({{"x", 2}}));
  builder.set_folder_meta("b/", nullptr);
  const Manifest manifest = builder.finish();
  ASSERT_EQ(manifest.folder_meta().size(), 1U);
  EXPECT_EQ(manifest.folder_meta()[0].first, "a/");
  EXPECT_EQ(manifest.folder_meta()[0].second.dump(), R"({"x":2})");
}

TEST(ManifestBuilder, takes_an_entry_under_another_key_with_all_that_it_has) {
  const std::string odd =
      "{}\n"
      R"({"logical_key": "a", "physical_keys": ["s3://b/a?versionId=1"], "size": 16.0, "hash": {"type": "MD5", "value": "x"}, "meta": [1]})";
  const Manifest from = parse_manifest(odd);
  ManifestBuilder builder;
  builder.set_header({});
  builder.add_as(from[0], "new/a");
  const Manifest to = builder.finish();
  EXPECT_EQ(written(to),
            "{}\n{\"logical_key\": \"new/a\", \"physical_keys\": [\"s3://b/a?versionId=1\"], \"size\": 16.0, "
            "\"hash\": {\"type\": \"MD5\", \"value\": \"x\"}, \"meta\": [1]}\n");
  EXPECT_TRUE(from[0].same_content(to[0]));
}

TEST(ManifestBuilder, keeps_urls_of_every_shape) {
  const Digest digest = digest_of(DigestType::sha2_256_chunked, {});
  const std::string hex = digest.hex();
  for (const std::string& url :
       {std::string("x"), std::string("s3://b/a%20b"), std::string("s3://b/a b"),
        std::string("s3://b/a%20b?versionId=x"), std::string("s3://b/p/a%2fb"),
        "file:///r/.unio/objects/" + hex.substr(0, 2) + "/" + hex, "s3://b/xx/" + hex,
        "s3://b/" + hex.substr(0, 2) + "/" + hex + "?versionId=1", std::string("%"), std::string("a%20b")}) {
    ManifestBuilder builder;
    builder.add({"a b", url, 0, digest, ""});
    EXPECT_EQ(builder.finish()[0].physical_key(), url);
  }
}

TEST(ManifestBuilder, keeps_more_url_prefixes_than_its_dictionary_holds) {
  constexpr int count = 20'000;
  ManifestBuilder builder;
  const auto url = [](int i) { return "s3://b/" + std::to_string(i * 7919) + "/content"; };
  for (int i = 0; i < count; ++i) builder.add({std::to_string(i), url(i), 0, std::nullopt, ""});
  const Manifest manifest = builder.finish();
  for (int i = 0; i < count; i += 97) {
    EXPECT_EQ(manifest[*manifest.find(std::to_string(i))].physical_key(), url(i));
  }
}

}  // namespace
}  // namespace unio::test
