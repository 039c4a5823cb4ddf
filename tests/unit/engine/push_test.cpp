#include "engine/push.hpp"

#include "engine/history.hpp"
#include "unit/engine/workspace_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Push : public WorkspaceTest {
 protected:
  void empty_registry() {
    for_each_object(inner_, "",
                    [&](const ObjectInfo& object) { inner_.remove(object.key, Condition::none()); });
  }
};

TEST_F(Push, stores_the_data_and_publishes_the_manifest) {
  const Files files = {{"README.md", "hello"}, {"a", "one"}, {"dir/b", ""}};
  for (const auto& [path, content] : files) put_work(path, content);
  PushOptions options = tagged("v1");
  options.message = "why";
  const PushResult result = push_here(options);
  EXPECT_TRUE(result.published);
  EXPECT_TRUE(result.has_readme);
  EXPECT_EQ(result.entries, 3U);
  EXPECT_EQ(result.bytes, 8U);
  EXPECT_EQ(result.stored_objects, 3U);
  EXPECT_THAT(result.manifest_url, HasSubstr(result.top_hash));
  EXPECT_EQ(pointer("latest"), result.top_hash);
  EXPECT_EQ(pointer("v1"), result.top_hash);
  EXPECT_EQ(published(), files);
  EXPECT_EQ(local_.get_manifest(result.top_hash).message(), "why");
}

TEST_F(Push, remembers_in_the_workspace_what_it_published) {
  put_work("a", "one");
  const std::string top_hash = push_here(tagged("v1")).top_hash;
  const BuilderState state = Workspace::get(root()).state();
  EXPECT_TRUE(state.published);
  EXPECT_THAT(state.parents, ElementsAre(top_hash));
  EXPECT_EQ(state.ref.version, (Version{Version::Kind::tag, "v1"}));
  EXPECT_EQ(state.known_pointers.at("v1"), top_hash);
  EXPECT_EQ(state.known_pointers.at("latest"), top_hash);
}

TEST_F(Push, writes_nothing_when_nothing_changed) {
  put_work("README.md", "one");
  const std::string top_hash = push_here(tagged("v1")).top_hash;
  hooked_.forget_changes();
  for (const PushOptions& options : {PushOptions(), tagged("v1")}) {
    const PushResult again = push_here(options);
    EXPECT_FALSE(again.published);
    EXPECT_TRUE(again.has_readme);
    EXPECT_EQ(again.top_hash, top_hash);
    EXPECT_EQ(again.stored_objects, 0U);
  }
  EXPECT_THAT(hooked_.changes(), IsEmpty());
}

TEST_F(Push, publishes_what_changed_with_the_revision_before_as_its_parent) {
  put_work("a", "one");
  put_work("b", "two");
  const std::string first = push_here().top_hash;
  put_work("a", "changed");
  const PushResult second = push_here();
  EXPECT_EQ(second.stored_objects, 1U);
  EXPECT_EQ(published(), (Files{{"a", "changed"}, {"b", "two"}}));
  std::string record;
  for_each_object(inner_, layout::revisions(second.top_hash),
                  [&](const ObjectInfo& object) { record = stored(object.key); });
  EXPECT_THAT(record, HasSubstr(first));
}

TEST_F(Push, counts_content_that_files_share_or_the_registry_has_once) {
  put_work("a", "same");
  put_work("b", "same");
  store(object_key("there"), "there");
  put_work("c", "there");
  EXPECT_EQ(push_here().stored_objects, 1U);
}

TEST_F(Push, publishes_the_same_content_again_under_another_message) {
  put_work("a", "one");
  const std::string first = push_here().top_hash;
  PushOptions options;
  options.message = "another";
  const PushResult second = push_here(options);
  EXPECT_TRUE(second.published);
  EXPECT_NE(second.top_hash, first);
  EXPECT_EQ(publications(), 2U);
}

TEST_F(Push, refuses_a_bad_tag_before_it_builds) {
  put_work("a", "one");
  EXPECT_UNIO_ERROR(push_here(tagged("123")), invalid_argument);
  EXPECT_UNIO_ERROR(push_manifest(workspace_, tagged("latest"), context_), invalid_argument);
  EXPECT_FALSE(state().built);
  EXPECT_FALSE(std::filesystem::exists(root_));
}

// Others push too.

TEST_F(Push, of_a_tag_that_somebody_moved_ends_with_both_hashes_and_publishes_nothing) {
  put_work("a", "one");
  const std::string first = push_here(tagged("v1")).top_hash;
  Workspace theirs = workspace("theirs");
  put(theirs.root() / "a", "theirs");
  PushOptions forced = tagged("v1");
  forced.force = Force::yes;
  const std::string their_hash = push(theirs, forced, context_).top_hash;
  put_work("a", "ours!");
  const Error error = caught([&] { push_here(tagged("v1")); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(their_hash), HasSubstr(first)));
  EXPECT_EQ(pointer("latest"), their_hash);
  EXPECT_EQ(pointer("v1"), their_hash);
  const std::string ours = push_here(forced).top_hash;
  EXPECT_EQ(pointer("v1"), ours);
  EXPECT_EQ(published("v1"), (Files{{"a", "ours!"}}));
}

TEST_F(Push, without_a_tag_publishes_after_what_others_published) {
  put_work("a", "one");
  push_here();
  Workspace theirs = workspace("theirs");
  put(theirs.root() / "a", "theirs");
  push(theirs, {}, context_);
  put_work("a", "ours!");
  push_here();
  EXPECT_EQ(published(), (Files{{"a", "ours!"}}));
  EXPECT_EQ(publications(), 3U);
}

TEST_F(Push, of_an_unchanged_package_leaves_latest_where_others_moved_it_and_moves_only_the_tag) {
  put_work("a", "one");
  const std::string ours = push_here().top_hash;
  Workspace theirs = workspace("theirs");
  put(theirs.root() / "a", "theirs");
  const std::string their_hash = push(theirs, {}, context_).top_hash;
  const PushResult result = push_here(tagged("v1"));
  EXPECT_TRUE(result.published);
  EXPECT_EQ(pointer("v1"), ours);
  EXPECT_EQ(pointer("latest"), their_hash);
  EXPECT_EQ(publications(), 2U);
}

TEST_F(Push, of_an_unchanged_package_makes_a_tag_again_that_was_deleted) {
  put_work("a", "one");
  const std::string top_hash = push_here(tagged("v1")).top_hash;
  remove_tag(local_, package("a/b"), "v1", context_);
  EXPECT_TRUE(push_here(tagged("v1")).published);
  EXPECT_EQ(pointer("v1"), top_hash);
}

// What others rely on must be there.

TEST_F(Push, into_a_registry_that_was_emptied_stores_everything_again) {
  put_work("a", "one");
  put_work("dir/b", "two");
  push_here(tagged("v1"));
  empty_registry();
  const PushResult result = push_here(tagged("v1"));
  EXPECT_TRUE(result.published);
  EXPECT_EQ(result.stored_objects, 2U);
  EXPECT_EQ(published("v1"), (Files{{"a", "one"}, {"dir/b", "two"}}));
}

TEST_F(Push, into_a_registry_that_others_began_again_stores_everything_again) {
  put_work("a", "one");
  const std::string top_hash = push_here().top_hash;
  empty_registry();
  Workspace theirs = workspace("theirs");
  put(theirs.root() / "a", "theirs");
  push(theirs, {}, context_);
  EXPECT_EQ(push_here(tagged("v1")).top_hash, top_hash);
  EXPECT_EQ(published("v1"), (Files{{"a", "one"}}));
}

TEST_F(Push, that_died_stores_again_what_was_collected_before_it_was_run_again) {
  put_work("a", "one");
  EXPECT_UNIO_ERROR(push(workspace_, {}, failing_at("push.after_objects")), unavailable);
  ASSERT_EQ(stored(object_key("one")), "one");
  inner_.remove(object_key("one"), Condition::none());
  push_here();
  EXPECT_EQ(published(), (Files{{"a", "one"}}));
}

TEST_F(Push, refuses_to_publish_a_pointer_whose_bytes_are_gone_from_the_registry) {
  state().sources.clear();
  workspace_.save(entry("a", object_url("gone"), "gone"), random_);
  const Error error = caught([&] { push_here(); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(), HasSubstr("'a'"));
  EXPECT_UNIO_ERROR(push_manifest(workspace_, {}, context_), failed_precondition);
  EXPECT_EQ(pointer("latest"), "absent");
}

TEST_F(Push, does_not_look_for_objects_of_a_published_revision) {
  put_work("a", "one");
  put_work("b", "two");
  push_here();
  put_work("a", "changed");
  std::size_t looks = 0;
  hooked_.before(StoreOperation::find, object_key("two"), [&] { ++looks; });
  push_here();
  EXPECT_EQ(looks, 0U);
}

// What died half-way.

TEST_F(Push, that_died_anywhere_is_simply_run_again) {
  std::size_t revisions = 0;
  for (const std::string point :
       {"push.after_session", "push.after_objects", "push.after_manifest", "push.after_revision",
        "push.after_intent", "push.after_latest", "push.after_timestamp", "push.after_tag", "push.after_feed",
        "workspace.after_state"}) {
    put_work("a", point);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_UNIO_ERROR(push(workspace_, tagged("v1"), failing_at(point)), unavailable) << point;
    Workspace again = Workspace::get(root());
    push(again, tagged("v1"), context_);
    ++revisions;
    EXPECT_EQ(published("v1"), (Files{{"a", point}})) << point;
    EXPECT_EQ(published("latest"), (Files{{"a", point}})) << point;
    EXPECT_EQ(publications(), revisions) << point;
    EXPECT_EQ(sessions(), 0U) << point;
    workspace_ = Workspace::get(root());
  }
}

}  // namespace
}  // namespace unio::test
