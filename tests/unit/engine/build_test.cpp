#include "engine/build.hpp"

#include <sys/stat.h>

#include "support/lowered_rights.hpp"
#include "unit/engine/workspace_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class BuildTest : public WorkspaceTest {
 protected:
  static Digest digest(std::string_view content, DigestType type = DigestType::sha2_256_chunked) {
    return digest_of(type, as_bytes(content));
  }

  /// Gives the workspace this manifest, as an install or an `add` of a package leaves it.
  void save(const std::vector<Entry>& entries) {
    ManifestBuilder builder;
    for (const Entry& entry : entries) builder.add(entry);
    workspace_.save(builder.finish(), random_);
  }
};

TEST_F(BuildTest, makes_a_manifest_of_what_lies_in_the_folder) {
  put_work("a.txt", "one");
  put_work("dir/b.txt", "two!");
  const BuildResult result = build_here();
  EXPECT_EQ(result.entries, 2U);
  EXPECT_EQ(result.bytes, 7U);
  EXPECT_EQ(result.hashed, 2U);
  EXPECT_TRUE(result.changed);
  EXPECT_EQ(result.top_hash, workspace_.manifest().top_hash());
  EXPECT_THAT(manifest_keys(), ElementsAre("a.txt", "dir/b.txt"));
  EXPECT_EQ(entry_of("a.txt").digest(), digest("one"));
  EXPECT_EQ(entry_of("a.txt").physical_key(), PhysicalKey::of_file(root() / "a.txt").url());
  EXPECT_TRUE(state().built);
}

TEST_F(BuildTest, changes_nothing_when_nothing_changed) {
  put_work("a.txt", "one");
  const std::string first = build_here({.message = "m", .meta = std::nullopt, .ingest = nullptr}).top_hash;
  state().published = true;
  const BuildResult again = build_here();
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.top_hash, first);
  EXPECT_TRUE(state().published);
  EXPECT_EQ(workspace_.manifest().message(), "m");
}

TEST_F(BuildTest, takes_up_what_changed_came_and_went) {
  put_work("changed", "one");
  put_work("gone", "two");
  put_work("same", "three");
  build_here();
  state().published = true;
  put_work("changed", "other content");
  put_work("new", "four");
  std::filesystem::remove(root() / "gone");
  const BuildResult result = build_here();
  EXPECT_TRUE(result.changed);
  EXPECT_FALSE(state().published);
  EXPECT_THAT(result.removed, ElementsAre("gone"));
  EXPECT_THAT(manifest_keys(), ElementsAre("changed", "new", "same"));
  EXPECT_EQ(entry_of("changed").digest(), digest("other content"));
}

TEST_F(BuildTest, is_kept_in_the_workspace) {
  put_work("a.txt", "one");
  const std::string top_hash = build_here().top_hash;
  Workspace again = Workspace::get(root());
  EXPECT_EQ(again.manifest_hash(), top_hash);
  EXPECT_EQ(again.manifest().top_hash(), top_hash);
  EXPECT_TRUE(again.state().built);
}

TEST_F(BuildTest, drops_many_files_that_are_gone_from_a_folder_source) {
  constexpr std::size_t count = 5000;
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back(Entry{"gone/" + std::to_string(i), "s3://b/k", 1, digest("x"), {}});
  }
  save(entries);
  put_work("kept", "x");
  EXPECT_THAT(build_here().removed, SizeIs(count));
  EXPECT_THAT(manifest_keys(), ElementsAre("kept"));
}

TEST_F(BuildTest, tells_how_much_there_is_to_read_long_before_the_last_of_many_files) {
  constexpr std::size_t count = 4500;
  for (std::size_t i = 0; i < count; ++i) put_work(std::to_string(i), "1234");
  build_here();
  ASSERT_FALSE(progress_.totals().empty());
  const NotedProgress::Total first = progress_.totals().front();
  EXPECT_EQ(first.items, count);
  EXPECT_EQ(first.bytes, 4 * count);
  EXPECT_EQ(first.items_before, 0U);
}

TEST_F(BuildTest, names_the_files_that_were_set_one_by_one_and_are_missing) {
  state().sources = {{.kind = Source::Kind::file, .key = "a.txt", .path = "a.txt"},
                     {.kind = Source::Kind::file, .key = "b.txt", .path = "b.txt"}};
  put_work("b.txt", "x");
  const Error error = caught([&] { build_here(); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("1 file of the package is"), HasSubstr("'a.txt'")));
  EXPECT_THAT(error.hint(), HasSubstr("unio rm"));
  EXPECT_FALSE(state().built);
}

TEST_F(BuildTest, names_some_of_many_installed_files_that_are_missing) {
  std::vector<Entry> entries;
  for (char c = 'a'; c < 'a' + 13; ++c)
    entries.push_back(Entry{std::string(1, c), "s3://b/k", 1, digest("x"), {}});
  state().sources = {{.kind = Source::Kind::installed, .key = {}, .path = "."}};
  save(entries);
  const Error error = caught([&] { build_here(); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr("13 files of the package are"), HasSubstr("'a'"), HasSubstr("and 3 more")));
}

TEST_F(BuildTest, names_what_it_may_not_read) {
  put_work("open", "x");
  put_work("closed", "x");
  for (const auto& path : {folder_.path(), root(), root() / ".unio"}) ::chmod(path.c_str(), 0777);
  ::chmod((root() / "closed").c_str(), 0);
  const LoweredRights lowered;
  const Error error = caught([&] { build_here(); });
  EXPECT_EQ(error.code(), ErrorCode::permission_denied);
  EXPECT_THAT(error.message(), HasSubstr("closed"));
}

TEST_F(BuildTest, tells_what_it_left_out) {
  put_work("f", "x");
  std::filesystem::create_symlink("f", root() / "link");
  std::filesystem::create_directory(root() / "empty");
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  put_work(".unioignore", "*.log\n");
  put_work("x.log", "x");
  const BuildResult result = build_here();
  std::map<std::string, LeftOut::Why> found;
  for (const LeftOut& left : result.left_out) found[std::filesystem::path(left.path).filename()] = left.why;
  EXPECT_EQ(found["link"], LeftOut::Why::symlink);
  EXPECT_EQ(found["empty"], LeftOut::Why::empty_folder);
  EXPECT_EQ(found["pipe"], LeftOut::Why::special);
  EXPECT_EQ(found["x.log"], LeftOut::Why::ignored);
  EXPECT_THAT(manifest_keys(), ElementsAre(".unioignore", "f"));
}

TEST_F(BuildTest, names_both_files_that_would_have_one_key) {
  put(local("other/f"), "2");
  put_work("f", "1");
  state().sources.push_back({.kind = Source::Kind::folder, .key = {}, .path = local("other").native()});
  const Error error = caught([&] { build_here(); });
  EXPECT_EQ(error.code(), ErrorCode::already_exists);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr((root() / "f").native()), HasSubstr(local("other/f").native())));
}

TEST_F(BuildTest, lets_a_source_that_overrides_win) {
  put(local("other"), "2");
  put_work("f", "1");
  state().sources.push_back(
      {.kind = Source::Kind::file, .key = "f", .path = local("other").native(), .overrides = true});
  build_here();
  EXPECT_EQ(entry_of("f").digest(), digest("2"));
}

TEST_F(BuildTest, keeps_pointers_as_they_are) {
  state().sources = {{.kind = Source::Kind::folder, .key = "local/", .path = "local"}};
  const std::string meta = "{\"user_meta\": {\"n\": 1.50}, \"other\": 1}";
  save({Entry{"a", "s3://b/a", 1, digest("x", DigestType::crc64nvme), meta},
        Entry{"z", "s3://b/z?versionId=1", 1, digest("z"), {}}});
  put_work("local/m", "new");
  build_here();
  EXPECT_THAT(manifest_keys(), ElementsAre("a", "local/m", "z"));
  EXPECT_EQ(entry_of("a").physical_key(), "s3://b/a");
  EXPECT_EQ(entry_of("a").meta(), meta);
  EXPECT_EQ(entry_of("z").physical_key(), "s3://b/z?versionId=1");
}

TEST_F(BuildTest, keeps_the_digest_type_of_a_file_until_its_content_changes) {
  state().sources = {{.kind = Source::Kind::installed, .key = {}, .path = "."}};
  save({Entry{"changed", "s3://b/c", 3, digest("old", DigestType::sha256), {}},
        Entry{"same", "s3://b/s", 4, digest("same", DigestType::sha256), {}}});
  put_work("changed", "new");
  put_work("same", "same");
  build_here();
  EXPECT_EQ(entry_of("same").digest(), digest("same", DigestType::sha256));
  EXPECT_EQ(entry_of("same").physical_key(), "s3://b/s");
  EXPECT_EQ(entry_of("changed").digest(), digest("new"));
}

TEST_F(BuildTest, refuses_a_file_where_a_pointer_needs_a_folder) {
  state().sources = {{.kind = Source::Kind::file, .key = "a", .path = "a"}};
  save({Entry{"a/b", "s3://b/a", 1, digest("x"), {}}});
  put_work("a", "x");
  EXPECT_UNIO_ERROR(build_here(), invalid_argument);
}

// Metadata.

TEST_F(BuildTest, sets_what_metadata_is_pending_and_keeps_the_rest) {
  put_work("a", "1");
  put_work("b", "2");
  put_work("dir/c", "3");
  save({Entry{"a", "s3://b/a", 1, digest("1"), R"({"user_meta": {"x": 1}, "format": "csv"})"},
        Entry{"b", "s3://b/b", 1, digest("2"), R"({"user_meta": {"x": 1}})"}});
  state().pending_meta = {{"a", Json::object({{"y", 2}})},
                          {"b", Json()},
                          {"dir/c", Json::object({{"z", 3}})},
                          {"dir/", Json::object({{"folder", true}})}};
  build_here();
  EXPECT_EQ(entry_of("a").meta(), R"({"user_meta": {"y": 2}, "format": "csv"})");
  EXPECT_EQ(entry_of("b").meta(), "{}");
  EXPECT_EQ(entry_of("dir/c").meta(), R"({"user_meta": {"z": 3}})");
  ASSERT_THAT(workspace_.manifest().folder_meta(), SizeIs(1));
  EXPECT_EQ(workspace_.manifest().folder_meta()[0].first, "dir/");
  EXPECT_THAT(state().pending_meta, IsEmpty());
}

TEST_F(BuildTest, keeps_the_metadata_of_a_file_whose_content_changed) {
  put_work("a", "new");
  save({Entry{"a", "s3://b/a", 1, digest("1"), R"({"user_meta": {"x": 1}})"}});
  build_here();
  EXPECT_EQ(entry_of("a").meta(), R"({"user_meta": {"x": 1}})");
}

TEST_F(BuildTest, takes_message_and_package_metadata_from_the_call_before_the_state) {
  put_work("a", "1");
  state().message = "of the state";
  state().package_meta = Json::object({{"of", "the state"}});
  const std::string first = build_here().top_hash;
  EXPECT_EQ(workspace_.manifest().message(), "of the state");
  EXPECT_EQ(workspace_.manifest().user_meta().get_string("of"), "the state");
  const BuildResult second =
      build_here({.message = "of the call", .meta = Json::object({{"of", "the call"}}), .ingest = nullptr});
  EXPECT_TRUE(second.changed);
  EXPECT_NE(second.top_hash, first);
  EXPECT_EQ(workspace_.manifest().message(), "of the call");
  EXPECT_EQ(workspace_.manifest().user_meta().get_string("of"), "the call");
}

TEST_F(BuildTest, does_not_give_the_old_message_to_new_content) {
  put_work("a", "1");
  build_here({.message = "first", .meta = Json::object({{"kept", 1}}), .ingest = nullptr});
  put_work("a", "2!");
  build_here();
  EXPECT_EQ(workspace_.manifest().message(), std::nullopt);
  EXPECT_EQ(workspace_.manifest().user_meta().get_integer("kept"), 1);
}

TEST_F(BuildTest, of_an_empty_folder_is_the_empty_package_of_quilt3) {
  EXPECT_EQ(build_here().top_hash, "2a5a67156ca9238c14d12042db51c5b52260fdd5511b61ea89b58929d6e1769b");
}

// Storing in the same pass.

TEST_F(BuildTest, stores_new_content_in_the_registry_when_it_is_given_one) {
  put_work("a", "one");
  put_work("b", "one");
  PushSession session(local_, context_);
  Ingest ingest(local_, session, context_);
  build_here({.message = std::nullopt, .meta = std::nullopt, .ingest = &ingest});
  EXPECT_EQ(entry_of("a").physical_key(), object_url("one"));
  EXPECT_EQ(entry_of("b").physical_key(), object_url("one"));
  EXPECT_EQ(stored(object_key("one")), "one");
  EXPECT_EQ(ingest.stored_objects(), 1U);
}

TEST_F(BuildTest, does_not_ask_the_registry_for_what_did_not_change) {
  put_work("a", "one");
  build_here();
  PushSession session(local_, context_);
  Ingest ingest(local_, session, context_);
  build_here({.message = std::nullopt, .meta = std::nullopt, .ingest = &ingest});
  EXPECT_EQ(entry_of("a").physical_key(), PhysicalKey::of_file(root() / "a").url());
  EXPECT_FALSE(std::filesystem::exists(root_));
}

TEST_F(BuildTest, leaves_the_workspace_as_it_was_when_it_is_stopped) {
  put_work("a", "one");
  const std::string before = build_here().top_hash;
  put_work("b", "two");
  stop_.request_stop();
  EXPECT_UNIO_ERROR(build_here(), cancelled);
  EXPECT_EQ(Workspace::get(root()).manifest_hash(), before);
}

}  // namespace
}  // namespace unio::test
