#include "engine/publish.hpp"

#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

/// Manifests with one top hash and different places.
class PublishSameHash : public EngineTest {
 protected:
  /// The manifest of one file at this URL; the top hash does not tell where the file is.
  Publication at(const std::string& url) {
    Publication made;
    made.name = package("a/b");
    ManifestBuilder builder;
    builder.add(Entry{"f", url, 1, digest_of(DigestType::sha2_256_chunked, as_bytes("1")), {}});
    made.manifest = builder.finish();
    return made;
  }
  std::string in_registry(const std::string& key = "data/f") { return physical_url(registry_, key); }
  std::string published_url(const Publication& made) {
    return registry_.get_manifest(made.manifest.top_hash())[0].physical_key();
  }
};

TEST_F(PublishSameHash, keeps_the_manifest_that_stands_there) {
  const Publication first = at(in_registry("one"));
  publish_as(context_, first);
  Publication second = at(in_registry("two"));
  second.tag = "v1";
  publish_as(context_, second);
  EXPECT_EQ(published_url(first), in_registry("one"));
}

TEST_F(PublishSameHash, replaces_a_manifest_that_points_at_files_outside_the_registry) {
  const Publication first = at("file:///home/ann/f");
  publish_as(context_, first);
  Publication second = at(in_registry());
  second.tag = "v1";
  publish_as(context_, second);
  EXPECT_EQ(published_url(first), in_registry());
}

TEST_F(PublishSameHash, does_not_replace_one_local_manifest_by_another) {
  const Publication first = at("file:///home/ann/f");
  publish_as(context_, first);
  Publication second = at("file:///home/bob/f");
  second.tag = "v1";
  publish_as(context_, second);
  EXPECT_EQ(published_url(first), "file:///home/ann/f");
}

TEST_F(PublishSameHash, keeps_the_manifest_that_another_push_writes_at_the_same_moment) {
  const Publication first = at(in_registry("one"));
  const std::string key = layout::manifest(first.manifest.top_hash());
  std::string other;
  at(in_registry("two")).manifest.write([&](std::string_view piece) { other += piece; });
  store_.before(StoreOperation::publish, key, [&] { write(key, other); });
  publish_as(context_, first);
  EXPECT_EQ(published_url(first), in_registry("two"));
}

TEST_F(PublishSameHash, looks_again_when_another_push_replaces_a_local_manifest_at_the_same_moment) {
  const Publication local = at("file:///home/ann/f");
  publish_as(context_, local);
  const std::string key = layout::manifest(local.manifest.top_hash());
  std::string other;
  at(in_registry("two")).manifest.write([&](std::string_view piece) { other += piece; });
  store_.before(StoreOperation::publish, key, [&] { write(key, other); });
  Publication ours = at(in_registry("one"));
  ours.tag = "v1";
  publish_as(context_, ours);
  EXPECT_EQ(published_url(local), in_registry("two"));
  EXPECT_EQ(value("a/b", "v1"), local.manifest.top_hash());
}

}  // namespace
}  // namespace unio::test
