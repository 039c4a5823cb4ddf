#include "engine/browse.hpp"

#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Browse : public EngineTest {
 protected:
  OpenedPackage open(const Files& files) {
    publish_as(context_, publication("a/b", files));
    return open_package({store_.url(), package("a/b"), {}}, context_);
  }

  static std::vector<std::string> lines(const std::vector<Listing>& listing) {
    std::vector<std::string> lines;
    for (const Listing& line : listing) {
      lines.push_back(line.key + " " + std::to_string(line.size) + " " + std::to_string(line.entries) +
                      (line.folder ? " folder" : ""));
    }
    return lines;
  }

  const Files files_ = {{"README.md", "hello"}, {"a-b", "12"},        {"cats/1.jpg", "123"},
                        {"cats/x/2.jpg", "4"},  {"cats/x/3.jpg", ""}, {"dogs/1.jpg", "5"}};
};

TEST_F(Browse, lists_one_level_with_what_folders_hold) {
  const OpenedPackage opened = open(files_);
  EXPECT_THAT(lines(list_entries(opened, "", Depth::one_level)),
              ElementsAre("README.md 5 1", "a-b 2 1", "cats/ 4 3 folder", "dogs/ 1 1 folder"));
  for (const std::string folder : {"cats", "cats/"}) {
    EXPECT_THAT(lines(list_entries(opened, folder, Depth::one_level)),
                ElementsAre("cats/1.jpg 3 1", "cats/x/ 1 2 folder"));
  }
  EXPECT_EQ(lines(list_entries(opened, ".", Depth::one_level)),
            lines(list_entries(opened, "", Depth::one_level)));
}

TEST_F(Browse, lists_everything_below) {
  const OpenedPackage opened = open(files_);
  EXPECT_THAT(lines(list_entries(opened, "cats", Depth::all)),
              ElementsAre("cats/1.jpg 3 1", "cats/x/2.jpg 1 1", "cats/x/3.jpg 0 1"));
  EXPECT_THAT(list_entries(opened, "", Depth::all), SizeIs(6));
}

TEST_F(Browse, lists_an_entry_as_itself) {
  EXPECT_THAT(lines(list_entries(open(files_), "cats/1.jpg", Depth::one_level)),
              ElementsAre("cats/1.jpg 3 1"));
}

TEST_F(Browse, lists_an_empty_package_as_nothing) {
  EXPECT_THAT(list_entries(open({}), "", Depth::one_level), IsEmpty());
}

TEST_F(Browse, suggests_a_near_key_for_one_that_is_not_there) {
  const OpenedPackage opened = open(files_);
  const Error error = caught([&] { list_entries(opened, "dogs/2.jpg", Depth::one_level); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.hint(), HasSubstr("dogs/1.jpg"));
  EXPECT_UNIO_ERROR(list_entries(opened, "cat", Depth::one_level), not_found);
  EXPECT_UNIO_ERROR(list_entries(opened, "README.md/", Depth::one_level), not_found);
}

TEST_F(Browse, lists_the_packages_of_a_registry) {
  publish_file("a/b", "1", "v1");
  const std::string latest = publish_file("a/b", "2");
  const std::int64_t newest = unix_seconds(clock_.now());
  publish_file("single", "1");
  const auto packages = list_packages(registry_);
  ASSERT_THAT(packages, SizeIs(2));
  EXPECT_EQ(packages[0].name, "a/b");
  EXPECT_EQ(packages[0].top_hash, latest);
  EXPECT_THAT(packages[0].tags, ElementsAre("v1"));
  EXPECT_EQ(packages[0].revisions, 2U);
  EXPECT_EQ(packages[0].newest, newest);
  EXPECT_EQ(packages[1].name, "single");
}

TEST_F(Browse, lists_packages_whose_pointers_are_damaged_or_odd) {
  publish_file("a/b", "1");
  write(layout::pointer(package("a/b"), std::string(30, '9')), std::string(64, '1'));
  write(layout::pointer(package("a/c"), "latest"), "torn");
  const auto packages = list_packages(registry_);
  ASSERT_THAT(packages, SizeIs(2));
  EXPECT_EQ(packages[0].revisions, 1U);
  EXPECT_EQ(packages[1].top_hash, "");
}

TEST_F(Browse, cat_gives_the_bytes_of_an_entry) {
  std::string text;
  cat(open(files_), "cats/1.jpg", context_, [&](Bytes bytes) { text += as_text(bytes); });
  EXPECT_EQ(text, "123");
}

TEST_F(Browse, cat_checks_the_bytes) {
  const OpenedPackage opened = open(files_);
  write(layout::object(digest_of(DigestType::sha2_256_chunked, as_bytes("123"))), "321");
  EXPECT_UNIO_ERROR(cat(opened, "cats/1.jpg", context_, [](Bytes) {}), corruption);
}

TEST_F(Browse, cat_says_what_is_not_there_and_what_is_a_folder) {
  const OpenedPackage opened = open(files_);
  EXPECT_UNIO_ERROR(cat(opened, "nothing", context_, [](Bytes) {}), not_found);
  for (const std::string folder : {"cats", "cats/"}) {
    const Error error = caught([&] { cat(opened, folder, context_, [](Bytes) {}); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.message(), HasSubstr("is a folder"));
  }
}

TEST_F(Browse, shows_a_package) {
  Publication made = publication("a/b", {{"README.md", "# Title\nmore\n"}, {"f", "12"}}, "the message");
  made.tag = "v1";
  ManifestBuilder builder;
  Json::Object header = made.manifest.header();
  header.set("user_meta", Json::object({{"contact", "ann@example.org"}, {"discussion", 7}, {"n", 1}}));
  builder.set_header(header);
  for (std::size_t i = 0; i < made.manifest.size(); ++i) builder.add(made.manifest[i]);
  made.manifest = builder.finish();
  publish_as(context_, made);
  const PackageDetails details =
      package_details(open_package({store_.url(), package("a/b"), {}}, context_), context_);
  EXPECT_EQ(details.name, "a/b");
  EXPECT_EQ(details.registry, store_.url());
  EXPECT_EQ(details.top_hash, made.manifest.top_hash());
  EXPECT_THAT(details.manifest_url, HasSubstr(details.top_hash));
  EXPECT_THAT(details.tags, ElementsAre("latest", "v1"));
  EXPECT_EQ(details.message, "the message");
  EXPECT_EQ(details.entries, 2U);
  EXPECT_EQ(details.bytes, 15U);
  EXPECT_EQ(details.revision.value_or(Json()).get_string("user"), "ann");
  EXPECT_EQ(details.readme_key, "README.md");
  EXPECT_EQ(details.readme_start, "# Title\nmore\n");
  EXPECT_EQ(details.contact, "ann@example.org");
  EXPECT_EQ(details.discussion, std::nullopt);
}

TEST_F(Browse, shows_only_the_beginning_of_a_long_readme) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + "\n";
  EXPECT_EQ(package_details(open({{"README.md", text}}), context_).readme_start,
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n");
  EXPECT_EQ(package_details(open({{"README.md", "no line end"}}), context_).readme_start, "no line end");
}

TEST_F(Browse, shows_a_package_whose_readme_or_record_is_damaged) {
  const OpenedPackage opened = open({{"README.md", "hello"}});
  write(layout::object(digest_of(DigestType::sha2_256_chunked, as_bytes("hello"))), "HELLO");
  write(keys(layout::revisions(opened.top_hash)).front(), "{");
  const PackageDetails details = package_details(opened, context_);
  EXPECT_EQ(details.readme_key, "README.md");
  EXPECT_EQ(details.readme_start, "");
  EXPECT_EQ(details.revision, std::nullopt);
  EXPECT_THAT(progress_.warnings(), SizeIs(2));
}

TEST_F(Browse, shows_an_entry_and_a_folder) {
  ManifestBuilder builder;
  const Digest digest = digest_of(DigestType::sha256, as_bytes("12"));
  builder.add(Entry{"cats/1.jpg", "s3://b/1.jpg", 2, digest, R"({"user_meta": {"a": 1}})"});
  builder.add(Entry{"cats/2.jpg", "s3://b/2.jpg", 2, digest, {}});
  builder.set_folder_meta("cats/", Json::object({{"kind", "cats"}}));
  const OpenedPackage opened{registry_, package("a/b"), "", builder.finish()};
  const EntryDetails entry = entry_details(opened, "cats/1.jpg");
  EXPECT_FALSE(entry.folder);
  EXPECT_EQ(entry.size, 2U);
  EXPECT_EQ(entry.digest_type, "SHA256");
  EXPECT_EQ(entry.digest, digest.text());
  EXPECT_EQ(entry.meta.dump(), R"({"user_meta":{"a":1}})");
  const EntryDetails folder = entry_details(opened, "cats");
  EXPECT_TRUE(folder.folder);
  EXPECT_EQ(folder.key, "cats/");
  EXPECT_EQ(folder.size, 4U);
  EXPECT_EQ(folder.entries, 2U);
  EXPECT_EQ(folder.meta.get_string("kind"), "cats");
  EXPECT_UNIO_ERROR(entry_details(opened, "dogs"), not_found);
}

TEST_F(Browse, finds_the_readme_as_quilt3_does_and_else_one_with_another_ending) {
  const auto readme = [&](const Files& files) {
    return find_readme(manifest_of(registry_, files)).value_or("none");
  };
  EXPECT_EQ(readme({{"README.md", ""}, {"README.txt", ""}, {"README", ""}}), "README.md");
  EXPECT_EQ(readme({{"README.txt", ""}, {"README", ""}}), "README.txt");
  EXPECT_EQ(readme({{"readme.md", ""}, {"docs/README.md", ""}, {"README.md.bak", ""}}), "none");
  EXPECT_EQ(readme({}), "none");
}

}  // namespace
}  // namespace unio::test
