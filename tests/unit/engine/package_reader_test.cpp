#include "engine/package_reader.hpp"

#include "engine/entry_reads.hpp"
#include "engine/match_folder.hpp"
#include "engine/verify.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class PackageReading : public EngineTest {
 protected:
  ResolvedRef ref(Version version = {}) { return {store_.url(), package("a/b"), std::move(version)}; }
};

TEST_F(PackageReading, stays_at_its_revision_when_the_tag_moves) {
  const std::string first = publish_file("a/b", "one", "t");
  PackageReader reader(ref({Version::Kind::tag, "t"}), context_);
  clock_.advance(std::chrono::seconds(1));
  Publication next = publication("a/b", {{"file", "two"}});
  next.tag = "t";
  next.force = Force::yes;
  publish_as(context_, next);
  EXPECT_EQ(reader.top_hash(), first);
  const OpenedPackage opened = reader.whole(context_);
  EXPECT_EQ(find_at_hand(opened.registry, context_, opened.manifest[0]), "one");
}

TEST_F(PackageReading, reads_the_manifest_once) {
  publish_file("a/b", "one");
  PackageReader reader(ref(), context_);
  EXPECT_FALSE(reader.find_whole());
  reader.whole(context_);
  store_.before(StoreOperation::read, "packages", [] { FAIL() << "it is read again"; });
  EXPECT_EQ(reader.whole(context_).manifest.size(), 1U);
  const std::vector<std::string> keys{"file"};
  EXPECT_EQ(reader.part(keys, Depth::one_level, context_).manifest.size(), 1U);
}

TEST_F(PackageReading, fails_for_a_version_that_is_not_there) {
  publish_file("a/b", "one");
  EXPECT_UNIO_ERROR(PackageReader(ref({Version::Kind::tag, "none"}), context_), not_found);
  PackageReader reader(ref(), std::string(64, '0'));
  EXPECT_UNIO_ERROR(reader.whole(context_), not_found);
}

TEST_F(PackageReading, serves_a_manifest_that_is_nowhere_else) {
  PackageReader reader(ref(), manifest_of(registry_, {{"x", "content"}}), PackageReader::Local::yes);
  EXPECT_TRUE(reader.is_local());
  const OpenedPackage opened = reader.whole(context_);
  EXPECT_EQ(find_at_hand(opened.registry, context_, opened.manifest[0]), "content");
}

TEST_F(PackageReading, reads_many_entries_and_names_one_that_is_damaged) {
  Files files;
  for (int i = 0; i < 100; ++i)
    files["f" + std::to_string(i)] = std::string(static_cast<std::size_t>(i), 'x');
  publish_as(context_, publication("a/b", files));
  PackageReader reader(ref(), context_);
  const OpenedPackage opened = reader.whole(context_);
  std::vector<EntryView> entries;
  for (std::size_t i = 0; i < opened.manifest.size(); ++i) entries.push_back(opened.manifest[i]);
  std::vector<std::string> contents(entries.size());
  const auto take = [&](std::size_t i, std::string content) { contents[i] = std::move(content); };
  read_contents(opened.registry, context_, entries, take);
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(contents[i], files.at(std::string(entries[i].logical_key())));

  const Digest digest = *opened.manifest[*opened.manifest.find("f42")].digest();
  write(layout::object(digest), std::string(42, 'y'));
  const Error error = caught([&] { read_contents(opened.registry, context_, entries, take); });
  EXPECT_EQ(error.code(), ErrorCode::corruption);
  EXPECT_THAT(error.what(), testing::HasSubstr("f42"));
}

TEST_F(PackageReading, compares_any_folder_and_makes_it_match) {
  publish_as(context_, publication("a/b", {{"a.txt", "one"}, {"sub/b.txt", "two"}, {"c.txt", "three"}}));
  PackageReader reader(ref(), context_);
  const std::filesystem::path folder = folder_.path() / "copy";
  std::filesystem::create_directories(folder / "sub");
  replace_file(folder / "a.txt", as_bytes("one"), random_);
  replace_file(folder / "sub/b.txt", as_bytes("TWO"), random_);
  replace_file(folder / "other", as_bytes("x"), random_);
  const auto differences = [&] {
    std::vector<std::string> found;
    for (const Difference& difference : verify_folder(reader.whole(context_), folder, context_).differences)
      found.push_back(difference.key + std::to_string(static_cast<int>(difference.kind)));
    return found;
  };
  // Missing, unknown, changed.
  EXPECT_THAT(differences(), testing::UnorderedElementsAre("c.txt0", "other2", "sub/b.txt1"));
  EXPECT_FALSE(std::filesystem::exists(folder / ".unio"));

  const auto match = [&](DryRun dry_run) {
    return match_folder(ref(), reader.whole(context_), folder, dry_run, context_).changes;
  };
  EXPECT_THAT(match(DryRun::yes), SizeIs(3));
  EXPECT_FALSE(std::filesystem::exists(folder / ".unio"));
  EXPECT_THAT(match(DryRun::no), SizeIs(3));
  EXPECT_THAT(differences(), ElementsAre());
  EXPECT_EQ(read_file(folder / "sub/b.txt"), "two");
  EXPECT_THAT(match(DryRun::no), SizeIs(0));
}

}  // namespace
}  // namespace unio::test
