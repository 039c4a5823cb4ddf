#include "model/registry_layout.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace unio::test {
namespace {

const PackageName name = PackageName::parse("team/photos");

TEST(RegistryLayout, puts_manifests_and_pointers_where_quilt3_looks_for_them) {
  EXPECT_EQ(layout::manifest("2a5a67"), ".quilt/packages/2a5a67");
  EXPECT_EQ(layout::pointers(name), ".quilt/named_packages/team/photos/");
  EXPECT_EQ(layout::pointer(name, "latest"), ".quilt/named_packages/team/photos/latest");
  EXPECT_EQ(layout::pointer(PackageName::parse("photos"), "1700000000"),
            ".quilt/named_packages/photos/1700000000");
}

TEST(RegistryLayout, addresses_an_object_by_its_digest_in_hex) {
  const Digest digest = digest_of(DigestType::sha2_256_chunked, {});
  EXPECT_EQ(layout::object(digest),
            ".unio/objects/e3/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(RegistryLayout, sorts_the_feed_and_the_reflog_by_time) {
  const Time time = time_from_unix_seconds(1'700'000'000) + std::chrono::milliseconds(7);
  EXPECT_EQ(layout::feed_entry(time, "ab"), ".unio/feed/2023/11/14/001700000000007-ab.json");
  EXPECT_EQ(layout::reflog_entry(name, "v1", time, "ab"),
            ".unio/reflog/team/photos/v1/001700000000007-ab.json");
  EXPECT_LT(layout::feed_entry(time_from_unix_seconds(999'999'999), "z"), layout::feed_entry(time, "a"));
}

TEST(RegistryLayout, keeps_the_parts_of_unio_apart) {
  EXPECT_EQ(layout::revision("2a5a", "ab"), ".unio/revisions/2a5a/ab.json");
  EXPECT_EQ(layout::revisions("2a5a"), ".unio/revisions/2a5a/");
  EXPECT_EQ(layout::session("s"), ".unio/sessions/s.json");
  EXPECT_EQ(layout::intent("i"), ".unio/intents/i.json");
}

TEST(RegistryLayout, protects_what_was_published_and_nothing_that_moves_or_goes) {
  const Time time = time_from_unix_seconds(1'700'000'000);
  const Digest digest = digest_of(DigestType::sha2_256_chunked, {});
  for (const std::string& key :
       {layout::manifest("2a5a"), layout::object(digest), layout::revision("2a5a", "ab"),
        std::string("2026/11/27/ann/101112_artifact_1/files/x"),
        std::string("2026/11/27/ann/101112_artifact_1/metadata.1.yaml"), std::string("data/v1/train/1.jpg"),
        std::string("2026/11/27/ann/101112_artifact_1/files/project.json"),
        std::string("data/v1/repository.json"), std::string(layout::canaries) + "ab"}) {
    EXPECT_TRUE(layout::is_retained(key)) << key;
  }
  for (const std::string& key :
       {layout::pointer(name, "latest"), layout::pointer(name, "1700000000"), std::string(layout::format),
        layout::session("s"), layout::intent("i"), layout::feed_entry(time, "ab"),
        layout::compacted_feed(time, "ab"), layout::reflog_entry(name, "v1", time, "ab"),
        layout::manifest_index("2a5a"), std::string(".unio/contents/ab/abcd.json"),
        std::string(layout::probes) + "x", std::string("repository.json")}) {
    EXPECT_FALSE(layout::is_retained(key)) << key;
  }
}

TEST(RegistryLayout, takes_only_digits_for_a_timestamp) {
  EXPECT_TRUE(is_timestamp("1700000000"));
  EXPECT_FALSE(is_timestamp(""));
  EXPECT_FALSE(is_timestamp("v1"));
  EXPECT_FALSE(is_timestamp("17a"));
  EXPECT_FALSE(is_timestamp("-17"));
}

}  // namespace
}  // namespace unio::test
