#include "engine/tracked_files.hpp"

#include "unit/engine/workspace_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;

class TrackedFiles : public WorkspaceTest {
 protected:
  static Source source(Source::Kind kind, std::string key, std::string path, bool overrides = false) {
    return {.kind = kind, .key = std::move(key), .path = std::move(path), .overrides = overrides};
  }

  std::string path_of_source(const std::string& key) {
    const Source* found = find_source(state(), key);
    return found == nullptr ? "none" : found->path;
  }

  static std::vector<std::string> keys_of(const StatIndex& index) {
    std::vector<std::string> keys;
    StatIndex::Cursor cursor(index);
    while (const auto file = cursor.next()) {
      keys.push_back(std::string(file->key) + (file->trusted ? " trusted" : ""));
    }
    return keys;
  }
};

TEST_F(TrackedFiles, come_from_the_last_source_that_covers_them_and_overrides) {
  state().sources = {
      source(Source::Kind::folder, "", "root"), source(Source::Kind::folder, "dir/", "over", true),
      source(Source::Kind::folder, "dir/", "later"), source(Source::Kind::file, "dir/f", "file", true)};
  EXPECT_EQ(path_of_source("x"), "root");
  EXPECT_EQ(path_of_source("dir/x"), "over");
  EXPECT_EQ(path_of_source("dir/f"), "file");
  EXPECT_EQ(path_of_source("dir/f/g"), "over");
  EXPECT_EQ(path_of_source("directory"), "root");
}

TEST_F(TrackedFiles, come_from_the_last_source_where_none_overrides) {
  state().sources = {source(Source::Kind::folder, "", "one"), source(Source::Kind::folder, "", "two")};
  EXPECT_EQ(path_of_source("x"), "two");
}

TEST_F(TrackedFiles, do_not_come_from_a_source_that_they_were_taken_out_of) {
  state().sources = {source(Source::Kind::folder, "", "root")};
  state().sources[0].excluded = {"f", "dir/"};
  EXPECT_EQ(path_of_source("f"), "none");
  EXPECT_EQ(path_of_source("dir/x"), "none");
  EXPECT_EQ(path_of_source("ff"), "root");
}

TEST_F(TrackedFiles, are_shown_where_they_come_from) {
  EXPECT_EQ(display_path(source(Source::Kind::folder, "", ".")), "./");
  EXPECT_EQ(display_path(source(Source::Kind::folder, "", "train")), "./train/");
  EXPECT_EQ(display_path(source(Source::Kind::folder, "", "./train/")), "./train/");
  EXPECT_EQ(display_path(source(Source::Kind::folder, "", "../test")), "../test/");
  EXPECT_EQ(display_path(source(Source::Kind::folder, "", "/data")), "/data/");
  EXPECT_EQ(display_path(source(Source::Kind::file, "f", "a.csv")), "./a.csv");
  EXPECT_EQ(display_path(source(Source::Kind::file, "f", "/data/a.csv")), "/data/a.csv");
}

TEST_F(TrackedFiles, are_all_distrusted_when_the_index_belongs_to_another_manifest_or_is_damaged) {
  put_work("a", "1");
  put_work("b", "2");
  build_here();
  ASSERT_EQ(load_index(workspace_).manifest(), workspace_.manifest_hash());
  StatIndexWriter().publish(workspace_.index_path(), {std::string(64, 'a'), 0}, random_);
  EXPECT_THAT(keys_of(load_index(workspace_)), ElementsAre("a", "b"));
  put(workspace_.index_path(), "damaged");
  EXPECT_THAT(keys_of(load_index(workspace_)), ElementsAre("a", "b"));
  std::filesystem::remove(workspace_.index_path());
  EXPECT_THAT(keys_of(load_index(workspace_)), ElementsAre("a", "b"));
  EXPECT_EQ(load_index(workspace_).manifest(), workspace_.manifest_hash());
}

TEST_F(TrackedFiles, are_not_the_pointers_of_the_package) {
  put_work("a", "1");
  build_here();
  state().sources.clear();
  std::filesystem::remove(workspace_.index_path());
  EXPECT_THAT(keys_of(load_index(workspace_)), ElementsAre());
}

TEST_F(TrackedFiles, are_updated_in_the_index_one_by_one) {
  for (const std::string name : {"a", "b", "d"}) put_work(name, name);
  build_here();
  const StatIndex index = load_index(workspace_);
  IndexUpdate update(index);
  EXPECT_FALSE(update.changed());
  const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes("c"));
  update.set({.key = "c", .stamp = {.size = 1}, .digest = digest, .trusted = true});
  EXPECT_TRUE(update.changed());
  update.publish(workspace_, INT64_MAX, random_);
  StatIndex after = StatIndex::load(workspace_.index_path());
  std::vector<std::string> keys;
  StatIndex::Cursor cursor(after);
  while (const auto file = cursor.next()) keys.emplace_back(file->key);
  EXPECT_THAT(keys, ElementsAre("a", "b", "c", "d"));
}

}  // namespace
}  // namespace unio::test
