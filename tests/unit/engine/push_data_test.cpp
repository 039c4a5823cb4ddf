#include "engine/push.hpp"
#include "unit/engine/workspace_fixture.hpp"

namespace unio::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PushData : public WorkspaceTest {
 protected:
  PushDataResult push_data_here(const PushDataOptions& options = {}) {
    return push_data(workspace_, options, context_);
  }
  PushDataResult push_prefix(const std::string& prefix) {
    PushDataOptions options;
    options.prefix = prefix;
    return push_data_here(options);
  }
  PushResult push_manifest_here(const PushManifestOptions& options = {}) {
    clock_.advance(std::chrono::seconds(1));
    return push_manifest(workspace_, options, context_);
  }

  static std::vector<std::string> lines(const PushDataResult& result) {
    std::vector<std::string> lines;
    for (const PushedGroup& group : result.groups) {
      const std::string_view verb = group.action == PushedGroup::Action::pushed ? "pushed " : "copied ";
      lines.push_back(std::string(verb) + group.from + " to " + group.to + " " + std::to_string(group.files) +
                      "/" + std::to_string(group.already_there) + " " + std::to_string(group.bytes));
    }
    return lines;
  }
  std::string url(const std::string& key) { return physical_url(local_, key); }

  /// The sources of the seed's example: a folder and a file.
  void add_sources() {
    state().sources = {{.kind = Source::Kind::folder, .key = "train/", .path = "train"},
                       {.kind = Source::Kind::file, .key = "README.md", .path = "README.md"}};
    put_work("train/1.jpg", "one");
    put_work("train/x/2.jpg", "two!");
    put_work("README.md", "hello");
  }
};

TEST_F(PushData, tells_of_each_source_where_its_files_went) {
  add_sources();
  EXPECT_THAT(lines(push_prefix("data/v0/")),
              UnorderedElementsAre("pushed ./README.md to " + url("data/v0/README.md") + " 1/0 5",
                                   "pushed ./train/ to " + url("data/v0/train/") + " 2/0 7"));
  EXPECT_EQ(stored("data/v0/train/x/2.jpg"), "two!");
  EXPECT_EQ(entry_of("train/1.jpg").physical_key(), url("data/v0/train/1.jpg"));
}

TEST_F(PushData, tells_that_data_exists) {
  add_sources();
  push_prefix("data/v0/");
  hooked_.forget_changes();
  EXPECT_THAT(lines(push_prefix("data/v0/")),
              UnorderedElementsAre(HasSubstr("README.md 1/1"), HasSubstr("train/ 2/2")));
  // Nothing but the announcement, which comes before the first "already there".
  EXPECT_THAT(hooked_.changes(), Each(HasSubstr(".unio/sessions/")));
}

TEST_F(PushData, publishes_nothing) {
  add_sources();
  push_data_here();
  EXPECT_EQ(pointer("latest"), "absent");
  EXPECT_EQ(sessions(), 0U);
  EXPECT_EQ(stored(object_key("one")), "one");
}

TEST_F(PushData, leaves_the_builder_unbuilt_that_nobody_asked_to_build) {
  add_sources();
  push_data_here();
  EXPECT_FALSE(Workspace::get(root()).state().built);
  build_here();
  push_data_here();
  EXPECT_TRUE(Workspace::get(root()).state().built);
}

TEST_F(PushData, names_what_went_elsewhere_because_other_bytes_stand_under_the_prefix) {
  add_sources();
  store("data/v0/README.md", "theirs");
  EXPECT_THAT(push_prefix("data/v0/").displaced, ElementsAre("README.md"));
  EXPECT_EQ(stored("data/v0/README.md"), "theirs");
  push_manifest_here();
  EXPECT_EQ(published().at("README.md"), "hello");
}

TEST_F(PushData, names_files_that_look_like_secrets) {
  add_sources();
  put_work("train/.env", "x");
  EXPECT_THAT(push_data_here().secrets, ElementsAre("train/.env"));
}

TEST_F(PushData, refuses_sources_that_no_longer_have_what_was_built) {
  add_sources();
  build_here();
  put_work("train/1.jpg", "ONE");
  const Error error = caught([&] { push_data_here(); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(), HasSubstr("'train/1.jpg'"));
  EXPECT_THAT(error.hint(), HasSubstr("build-manifest"));
}

TEST_F(PushData, leaves_the_workspace_as_it_was_when_it_fails) {
  add_sources();
  build_here();
  std::filesystem::remove(root() / "train/1.jpg");
  EXPECT_UNIO_ERROR(push_data_here(), failed_precondition);
  Workspace again = Workspace::get(root());
  EXPECT_EQ(again.manifest()[0].physical_key(), PhysicalKey::of_file(root() / "README.md").url());
}

// Pointers to other places.

TEST_F(PushData, copies_what_is_in_another_store_unless_it_shall_stay_there) {
  stores_.add("s3://bucket", memory_);
  memory_.write("val/1.jpg", as_bytes("val"), Condition::none());
  state().sources.clear();
  workspace_.save(entry("val/1.jpg", "s3://bucket/val/1.jpg", "val"), random_);
  PushDataOptions local_only;
  local_only.local_files_only = true;
  EXPECT_THAT(lines(push_data_here(local_only)), IsEmpty());
  EXPECT_EQ(entry_of("val/1.jpg").physical_key(), "s3://bucket/val/1.jpg");
  EXPECT_THAT(lines(push_data_here()), ElementsAre("copied s3://bucket/val/ to " + url("") + " 1/0 3"));
  EXPECT_EQ(stored(object_key("val")), "val");
}

TEST_F(PushData, keeps_pointers_of_a_push_that_shall_not_copy) {
  stores_.add("s3://bucket", memory_);
  memory_.write("val/1.jpg", as_bytes("val"), Condition::none());
  state().sources.clear();
  workspace_.save(entry("val/1.jpg", "s3://bucket/val/1.jpg", "val"), random_);
  PushOptions options;
  options.keep_pointers = true;
  const std::string top_hash = push_here(options).top_hash;
  EXPECT_EQ(local_.get_manifest(top_hash)[0].physical_key(), "s3://bucket/val/1.jpg");
  EXPECT_EQ(published(), (Files{{"val/1.jpg", "val"}}));
}

TEST_F(PushData, moves_data_below_another_prefix_when_it_is_asked_to) {
  add_sources();
  push_prefix("one/");
  EXPECT_THAT(lines(push_prefix("two/")),
              Contains("copied " + url("one/train/") + " to " + url("two/train/") + " 2/0 7"));
  EXPECT_EQ(stored("two/train/1.jpg"), "one");
  EXPECT_EQ(stored("one/train/1.jpg"), "one");
}

// The manifest alone.

TEST_F(PushData, is_needed_before_a_manifest_with_local_files_is_published) {
  add_sources();
  const Error error = caught([&] { push_manifest_here(); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_EQ(error.message(), "Manifest contains pointers to local files");
  EXPECT_EQ(pointer("latest"), "absent");
  push_data_here();
  EXPECT_TRUE(push_manifest_here().published);
  EXPECT_EQ(published().size(), 3U);
}

TEST_F(PushData, may_come_after_a_manifest_with_local_files_that_was_published_on_purpose) {
  add_sources();
  PushManifestOptions options;
  options.allow_local_files = true;
  const std::string top_hash = push_manifest_here(options).top_hash;
  EXPECT_EQ(local_.get_manifest(top_hash)[0].physical_key(),
            PhysicalKey::of_file(root() / "README.md").url());
  PushOptions tag = tagged("v1");
  Workspace again = workspace("again");
  for (const std::string file : {"README.md", "train/1.jpg", "train/x/2.jpg"}) {
    put(again.root() / file, read_file(root() / file));
  }
  EXPECT_EQ(push(again, tag, context_).top_hash, top_hash);
  EXPECT_EQ(local_.get_manifest(top_hash)[0].physical_key(), object_url("hello"));
}

TEST_F(PushData, replaces_the_local_files_of_a_manifest_that_this_workspace_published_on_purpose) {
  for (const bool at_once : {true, false}) {
    add_sources();
    const std::string content = at_once ? "one" : "two";
    put_work("README.md", content);
    PushManifestOptions options;
    options.allow_local_files = true;
    options.message = content;
    const std::string top_hash = push_manifest_here(options).top_hash;
    if (at_once) {
      EXPECT_TRUE(push_here().published);
    } else {
      push_data_here();
      EXPECT_TRUE(push_manifest_here().published);
    }
    EXPECT_EQ(local_.get_manifest(top_hash)[0].physical_key(), object_url(content));
    EXPECT_TRUE(state().published);
    EXPECT_FALSE(push_here().published);
  }
  EXPECT_EQ(publications(), 2U);
}

TEST_F(PushData, is_not_done_again_by_publishing_the_manifest) {
  add_sources();
  push_prefix("data/");
  hooked_.forget_changes();
  push_manifest_here();
  for (const std::string& key : hooked_.changes()) EXPECT_THAT(key, testing::Not(HasSubstr("data/")));
}

TEST_F(PushData, makes_a_new_revision_for_another_message_or_other_metadata) {
  add_sources();
  push_data_here();
  const std::string first = push_manifest_here().top_hash;
  PushManifestOptions options;
  options.message = "another";
  const PushResult second = push_manifest_here(options);
  EXPECT_TRUE(second.published);
  EXPECT_TRUE(second.built);
  EXPECT_NE(second.top_hash, first);
  options.message.reset();
  options.meta = Json::object({{"a", 1}});
  EXPECT_NE(push_manifest_here(options).top_hash, second.top_hash);
  EXPECT_EQ(published().size(), 3U);
}

}  // namespace
}  // namespace unio::test
