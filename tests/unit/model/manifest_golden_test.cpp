// Manifests against quilt3, by the files that tests/data/make_manifest_goldens.py wrote.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "model/manifest.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

std::string content(const std::string& name) {
  std::ifstream file(UNIO_TEST_DATA "/manifests/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const Json& expected() {
  static const Json json = Json::parse(content("expected.json"));
  return json;
}

std::string written(const Manifest& manifest) {
  std::string text;
  manifest.write([&](std::string_view piece) { text += piece; });
  return text;
}

std::optional<std::string> top_hash(const Manifest& manifest) {
  try {
    return manifest.top_hash();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
    return std::nullopt;
  }
}

TEST(ManifestGolden, has_quilt3s_top_hash) {
  ASSERT_GT(expected().find("manifests")->if_object()->size(), 30U);
  for (const auto& [name, golden] : *expected().find("manifests")->if_object()) {
    SCOPED_TRACE(name);
    const std::string text = content(name + ".jsonl");
    const std::optional<std::string> hash = golden.find_string("top_hash");
    EXPECT_EQ(top_hash(parse_manifest(text)), hash);

    ManifestReader reader({.hash_while_reading = false});
    for (const char c : text) reader.feed({&c, 1});
    EXPECT_EQ(top_hash(reader.finish()), hash) << "in pieces, hashed at the end";
  }
}

TEST(ManifestGolden, writes_what_quilt3_writes) {
  for (const auto& [name, golden] : *expected().find("manifests")->if_object()) {
    if (!*golden.find("written_by_quilt3")->if_bool()) continue;
    SCOPED_TRACE(name);
    const std::string text = content(name + ".jsonl");
    EXPECT_EQ(written(parse_manifest(text)), text);
  }
}

TEST(ManifestGolden, keeps_the_top_hash_when_it_is_written_and_built_again) {
  for (const auto& [name, golden] : *expected().find("manifests")->if_object()) {
    SCOPED_TRACE(name);
    const Manifest manifest = parse_manifest(content(name + ".jsonl"));
    const std::string text = written(manifest);
    EXPECT_EQ(top_hash(parse_manifest(text)), golden.find_string("top_hash"));
    EXPECT_EQ(written(parse_manifest(text)), text);

    ManifestBuilder builder;
    builder.set_header(manifest.header());
    for (std::size_t i = manifest.size(); i > 0; --i) builder.add(manifest[i - 1]);
    for (const auto& [key, meta] : manifest.folder_meta()) builder.set_folder_meta(key, meta);
    const Manifest again = builder.finish();
    EXPECT_EQ(written(again), text);
    EXPECT_TRUE(diff(manifest, again).empty());
  }
}

TEST(ManifestGolden, refuses_what_quilt3_refuses_and_what_is_not_safe) {
  const Json::Array& refused = *expected().find("refused")->if_array();
  ASSERT_GT(refused.size(), 40U);
  for (const Json& golden : refused) {
    SCOPED_TRACE(golden.get_string("name"));
    EXPECT_UNIO_ERROR(parse_manifest(golden.get_string("text")), corruption);
  }
}

}  // namespace
}  // namespace unio::test
