#include <gtest/gtest.h>

#include <string>

#include "model/manifest.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

constexpr std::string_view header = "{\"version\": \"v0\", \"message\": null}\n";
constexpr std::string_view hash =
    R"({"type": "sha2-256-chunked", "value": "Xb1PbjJeWof4zD7zuHc9PI7sLiz/Ykj4gphlaZEt3xA="})";

std::string row(std::string_view key, std::string_view meta = "{}") {
  std::string text = R"({"logical_key": ")";
  text.append(key).append(R"(", "physical_keys": ["file:///data/)").append(key);
  text.append(R"("], "size": 16, "hash": )").append(hash).append(R"(, "meta": )").append(meta).append("}\n");
  return text;
}

Manifest parse(const std::string& rows) {
  return parse_manifest(std::string(header) + rows);
}

std::string message_of(const std::string& rows) {
  try {
    parse(rows);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(ManifestReader, gives_the_empty_package_quilts_top_hash) {
  EXPECT_EQ(parse("").top_hash(), "2a5a67156ca9238c14d12042db51c5b52260fdd5511b61ea89b58929d6e1769b");
}

TEST(ManifestReader, gives_one_file_of_16_bytes_quilts_top_hash) {
  EXPECT_EQ(parse(row("x")).top_hash(), "0d6248144e005f2fcd93b2a13f1ed56a4ebc437ead514d3029223076159a4e08");
}

TEST(ManifestReader, keeps_what_the_rows_say) {
  const Manifest manifest = parse(row("b", R"({"user_meta": {"z": 1.50, "a": "\u00e9"}})") + row("a/c"));
  ASSERT_EQ(manifest.size(), 2U);
  EXPECT_EQ(manifest.total_bytes(), 32U);
  EXPECT_EQ(manifest[0].logical_key(), "a/c");
  EXPECT_EQ(manifest[0].physical_key(), "file:///data/a/c");
  EXPECT_EQ(manifest[0].meta(), "{}");
  EXPECT_EQ(manifest[1].size(), 16U);
  EXPECT_EQ(manifest[1].digest()->text(), "Xb1PbjJeWof4zD7zuHc9PI7sLiz/Ykj4gphlaZEt3xA=");
  EXPECT_EQ(manifest[1].meta(), R"({"user_meta": {"z": 1.50, "a": "\u00e9"}})");
  EXPECT_EQ(manifest[1].entry().meta, manifest[1].meta());
  EXPECT_FALSE(manifest.message());
  EXPECT_TRUE(manifest.user_meta().is_null());
}

TEST(ManifestReader, reads_the_same_in_pieces_of_any_size) {
  const std::string text = std::string(header) + row("b") + row("a", R"({"user_meta": "é"})") + row("c");
  const std::string top_hash = parse_manifest(text).top_hash();
  for (std::size_t size = 1; size < text.size(); size += 7) {
    ManifestReader reader;
    for (std::size_t at = 0; at < text.size(); at += size)
      reader.feed(std::string_view(text).substr(at, size));
    EXPECT_EQ(reader.finish().top_hash(), top_hash) << size;
  }
}

TEST(ManifestReader, names_the_line_that_is_wrong) {
  EXPECT_EQ(message_of(row("a") + "x\n").find("line 3 of the manifest: "), 0U);
  EXPECT_NE(message_of(row("a") + row("../b")).find("line 3"), std::string::npos);
  EXPECT_NE(message_of(row("a") + row("../b")).find("\"../b\""), std::string::npos);
  EXPECT_EQ(
      message_of(
          "{\"logical_key\": \"a\", \"physical_keys\": [\"file:///x\"], \"hash\": null, \"meta\": {}}\n"),
      "line 2 of the manifest: 'size' is missing");
  EXPECT_NE(message_of(row("b") + row("a") + row("c", "{\"x\": }")).find("line 4"), std::string::npos);
}

TEST(ManifestReader, names_both_keys_that_exclude_each_other) {
  EXPECT_NE(message_of(row("b") + row("a") + row("b")).find("\"b\" is there twice"), std::string::npos);
  const std::string message = message_of(row("a/b/c") + row("a-b") + row("a/b"));
  EXPECT_NE(message.find("\"a/b\""), std::string::npos) << message;
  EXPECT_NE(message.find("\"a/b/c\""), std::string::npos) << message;
}

TEST(ManifestReader, refuses_bytes_that_are_no_utf8) {
  EXPECT_UNIO_ERROR(parse(row("\xFF")), corruption);
  EXPECT_UNIO_ERROR(parse(row("x", "{\"a\": \"\xC3\"}")), corruption);
  EXPECT_UNIO_ERROR(parse(row("\xED\xA0\x80")), corruption);
}

TEST(ManifestReader, stops_at_a_line_that_is_too_long_before_it_has_it_all) {
  ManifestReader reader({.max_line = 1000});
  reader.feed(header);
  std::size_t fed = 0;
  const auto feed_much = [&] {
    for (; fed < 100; ++fed) reader.feed(std::string(100, ' '));
  };
  EXPECT_UNIO_ERROR(feed_much(), corruption);
  EXPECT_LT(fed, 20U);

  ManifestReader whole({.max_line = 1000});
  EXPECT_UNIO_ERROR(whole.feed(std::string(header) + std::string(1001, ' ') + "\n"), corruption);
}

TEST(ManifestReader, has_no_top_hash_without_a_digest_but_reads_on) {
  const Manifest manifest =
      parse(row("a") +
            R"({"logical_key": "b", "physical_keys": ["file:///x"], "size": 1, "hash": null, "meta": {}})");
  ASSERT_EQ(manifest.size(), 2U);
  EXPECT_FALSE(manifest[1].digest());
  EXPECT_UNIO_ERROR(manifest.top_hash(), failed_precondition);
  EXPECT_UNIO_ERROR(manifest.top_hash(), failed_precondition) << "asked again";
}

TEST(ManifestReader, knows_no_digest_of_an_unknown_type_but_hashes_it) {
  const Manifest manifest = parse(
      R"({"logical_key": "b", "physical_keys": ["file:///x"], "size": 1, "hash": {"type": "MD5", "value": "x"}, "meta": {}})");
  EXPECT_FALSE(manifest[0].digest());
  EXPECT_EQ(manifest.top_hash().size(), 64U);
}

TEST(ManifestReader, refuses_metadata_nested_without_end) {
  const std::string deep(100'000, '[');
  EXPECT_UNIO_ERROR(parse(row("a", "{\"a\": " + deep + "}")), corruption);
}

TEST(ManifestReader, takes_time_in_proportion_to_hostile_folder_rows) {
  std::string deep_folder;
  while (deep_folder.size() < 4000) deep_folder += "a/";
  std::string rows;
  for (int i = 0; i < 3000; ++i) {
    rows += R"({"logical_key": ")" + deep_folder + std::to_string(i) + R"(/", "meta": {"x": 1}})" + "\n";
  }
  EXPECT_EQ(parse(rows + row("b")).folder_meta().size(), 3000U);
}

}  // namespace
}  // namespace unio::test
