#include "engine/catalog_update.hpp"

#include "engine/package_documents.hpp"
#include "unit/engine/catalog_fixture.hpp"

namespace unio::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class CatalogUpdates : public CatalogTest {
 protected:
  CatalogUpdates() { update(*catalog_); }

  std::vector<std::string> tags_of(const std::string& id) {
    const auto document = catalog_->find_document(id);
    std::vector<std::string> tags;
    for (const Json& tag : *document.value().document.find("tags")->if_array())
      tags.push_back(*tag.if_string());
    return tags;
  }
};

TEST_F(CatalogUpdates, find_an_artifact_by_what_its_metadata_says) {
  SaveRequest what = request({{"train.txt", "a"}});
  what.labels.datatype = "annotation_file";
  what.environment.python_packages = {{"pandas", "2.1.3"}};
  const SavedArtifact saved = save_artifact(registry_, what, context_);
  EXPECT_THAT(found(*catalog_, ""), IsEmpty());
  EXPECT_EQ(update(*catalog_).changed, 1U);
  for (const char* text : {"", "by:ann", "file:*.txt", R"({"labels.datatype": "annotation_file"})",
                           R"({"python_packages.pandas": "2.1.3"})", "kind:artifact", "created:today"}) {
    EXPECT_THAT(found(*catalog_, text), ElementsAre(saved.record.artifact_id)) << text;
  }
  EXPECT_THAT(found(*catalog_, "by:brenda"), IsEmpty());
}

TEST_F(CatalogUpdates, write_nothing_when_nothing_is_new) {
  save({{"x", "a"}});
  update(*catalog_);
  const auto before = catalog_->find_state("feed");
  const CatalogUpdate nothing = update(*catalog_);
  EXPECT_EQ(nothing.read, 0U);
  EXPECT_FALSE(nothing.rebuilt);
  EXPECT_EQ(catalog_->find_state("feed"), before);
}

TEST_F(CatalogUpdates, find_packages_and_artifacts_together) {
  const SavedArtifact saved = save({{"x", "a"}});
  const std::string hash = publish_file("team/photos", "1", "v1");
  update(*catalog_);
  const std::string revision = "team/photos@" + hash;
  EXPECT_THAT(found(*catalog_, ""), ElementsAre(revision, saved.record.artifact_id));
  EXPECT_THAT(found(*catalog_, "kind:package"), ElementsAre(revision));
  EXPECT_THAT(found(*catalog_, "kind:artifact"), ElementsAre(saved.record.artifact_id));
  EXPECT_THAT(found(*catalog_, "tag:v1"), ElementsAre(revision));
  const Json document = catalog_->find_document(revision).value().document;
  EXPECT_EQ(document.get_string("name"), "team/photos");
  EXPECT_EQ(document.get_string("message"), "m");
  EXPECT_EQ(document.get_string("username"), "ann");
  EXPECT_EQ(document.get_string("hostname"), "here");
  EXPECT_EQ(document.get_integer("bytes"), 1);
}

TEST_F(CatalogUpdates, follow_tags_that_move) {
  const std::string first = "a/b@" + publish_file("a/b", "1", "v1");
  update(*catalog_);
  EXPECT_THAT(tags_of(first), ElementsAre("latest", "v1"));
  const std::string second = "a/b@" + publish_file("a/b", "2");
  update(*catalog_);
  EXPECT_THAT(tags_of(first), ElementsAre("v1"));
  EXPECT_THAT(tags_of(second), ElementsAre("latest"));
  clock_.advance(std::chrono::seconds(1));
  tag_revision(registry_, package("a/b"), "v1", second.substr(4), Force::yes, context_);
  rollback(registry_, package("a/b"), first.substr(4), context_);
  update(*catalog_);
  EXPECT_THAT(tags_of(first), ElementsAre("latest"));
  EXPECT_THAT(tags_of(second), ElementsAre("v1"));
  clock_.advance(std::chrono::seconds(1));
  remove_tag(registry_, package("a/b"), "v1", context_);
  update(*catalog_);
  EXPECT_THAT(tags_of(second), IsEmpty());
  EXPECT_EQ(content(*catalog_), content_of_store());
}

TEST_F(CatalogUpdates, do_not_find_what_was_deleted_until_it_is_published_again) {
  const std::string first = publish_file("a/b", "1");
  const std::string second = publish_file("a/b", "2");
  update(*catalog_);
  clock_.advance(std::chrono::seconds(1));
  delete_package(registry_, package("a/b"), first, context_);
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, ""), ElementsAre("a/b@" + second));
  EXPECT_EQ(content(*catalog_), content_of_store());
  delete_package(registry_, package("a/b"), std::nullopt, context_);
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, ""), IsEmpty());
  EXPECT_EQ(content(*catalog_), content_of_store());
  publish_file("a/b", "1");
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, "name:a/b"), ElementsAre("a/b@" + first));
}

TEST_F(CatalogUpdates, come_to_what_the_store_alone_says) {
  const SavedArtifact artifact = save({{"x", "a"}, {"y/z", "b"}});
  update(*catalog_);
  clock_.advance(std::chrono::seconds(1));
  revise_artifact(
      registry_, artifact.folder, [](ArtifactLabels& labels) { labels.ticket = "AB-1"; }, context_);
  publish_file("ds", "1", "v1");
  publish_file("team/ds", "1");
  update(*catalog_);
  Publication child = publication("team/ds", {{"file", "3"}});
  child.parents = {value("team/ds", "latest"), value("ds", "latest")};
  child.surroundings = surroundings();
  child.based_on = {artifact.record.artifact_id, artifact.record.artifact_id, "gone/data@x"};
  child.tag = "good";
  clock_.advance(std::chrono::seconds(1));
  const std::string id = "team/ds@" + publish_as(context_of("brenda"), child).top_hash;
  save({{"x", "a"}});
  update(*catalog_);
  EXPECT_THAT(content(*catalog_), SizeIs(5));
  EXPECT_EQ(content(*catalog_), content_of_store());
  EXPECT_THAT(found(*catalog_, R"({"labels.ticket": "AB-1"})"), ElementsAre(artifact.record.artifact_id));
  EXPECT_THAT(found(*catalog_, R"({"git.commit": "4f7c2b1e9d", "git.dirty": true})"), ElementsAre(id));
  EXPECT_THAT(found(*catalog_, R"({"python_packages.numpy": "1.2", "system.image": "team/image"})"),
              ElementsAre(id));
  EXPECT_THAT(catalog_->find_document(id).value().based_on,
              ElementsAre("team/ds@" + value("ds", "v1"), artifact.record.artifact_id, "gone/data@x"));
}

TEST_F(CatalogUpdates, leave_out_surroundings_that_are_damaged_and_say_so) {
  const std::string hash = publish_file("a/b", "1");
  const std::string key = keys(layout::revisions(hash)).front();
  Json record = Json::parse(read_object(memory_, key));
  record.set("environment", Json::object({{"python_packages", "none"}}));
  memory_.remove(key, Condition::none());
  write(key, record.dump());
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, "name:a/b"), ElementsAre("a/b@" + hash));
  EXPECT_THAT(progress_.warnings(), Contains(HasSubstr("python_packages")));
}

TEST_F(CatalogUpdates, name_the_package_that_a_parent_is_of) {
  const std::string other = publish_file("other/data", "1");
  Publication child = publication("a/b", {{"file", "2"}});
  child.parents = {other};
  clock_.advance(std::chrono::seconds(1));
  const std::string id = "a/b@" + publish_as(context_, child).top_hash;
  update(*catalog_);
  EXPECT_THAT(catalog_->find_document(id).value().based_on, ElementsAre("other/data@" + other));
}

TEST_F(CatalogUpdates, find_what_quilt3_published_when_the_store_is_read) {
  const std::string hash = publish_file("a/b", "1");
  for (const std::string& key : keys(".unio/")) {
    if (!key.starts_with(".unio/objects/")) memory_.remove(key, Condition::none());
  }
  reindex(registry_, *catalog_, context_);
  const auto document = catalog_->find_document("a/b@" + hash);
  ASSERT_TRUE(document);
  EXPECT_EQ(unix_seconds(document->creation_time), history("a/b").front().first);
  EXPECT_EQ(document->document.find("username"), nullptr);
}

TEST_F(CatalogUpdates, leave_out_what_is_missing_or_damaged_and_say_so) {
  const SavedArtifact gone = save({{"x", "a"}});
  const SavedArtifact damaged = save({{"x", "a"}});
  const std::string lost = publish_file("a/b", "1");
  const SavedArtifact whole = save({{"x", "a"}});
  memory_.remove(gone.folder + "/metadata.yaml", Condition::none());
  write(damaged.folder + "/metadata.yaml", "artifact_id: [");
  memory_.remove(layout::manifest(lost), Condition::none());
  write(
      ".unio/feed/2027/01/15/001800000000000-0123456789abcdef0123456789abcdef.json",
      R"({"op": "0123456789abcdef0123456789abcdef", "kind": "artifact", "folder": "../..", "metadata": "x"})");
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, ""), ElementsAre(whole.record.artifact_id));
  EXPECT_THAT(progress_.warnings(), Contains(HasSubstr(gone.folder)));
  EXPECT_THAT(progress_.warnings(), Contains(HasSubstr(damaged.folder)));
  EXPECT_THAT(progress_.warnings(), Contains(HasSubstr(lost)));
  reindex(registry_, *catalog_, context_);
  EXPECT_THAT(found(*catalog_, ""), ElementsAre(whole.record.artifact_id));
}

TEST_F(CatalogUpdates, build_an_empty_catalogue_from_the_store_and_go_on_from_there) {
  const SavedArtifact first = save({{"x", "a"}});
  const auto other = new_catalog();
  EXPECT_TRUE(update(*other).rebuilt);
  EXPECT_THAT(found(*other, ""), ElementsAre(first.record.artifact_id));
  clock_.advance(std::chrono::seconds(1));
  const SavedArtifact second = save({{"x", "b"}});
  const CatalogUpdate next = update(*other);
  EXPECT_FALSE(next.rebuilt);
  EXPECT_EQ(next.read, 1U);
  EXPECT_THAT(found(*other, ""), ElementsAre(second.record.artifact_id, first.record.artifact_id));
}

TEST_F(CatalogUpdates, refuse_the_catalogue_of_another_registry_until_it_is_built_anew) {
  LocalStore other_store(folder_.path() / "other", random_);
  const Registry other(other_store, context_);
  save({{"x", "a"}});
  update(*catalog_);
  const Error error = caught([&] { update_catalog(other, *catalog_, context_); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  reindex(other, *catalog_, context_);
  EXPECT_THAT(found(*catalog_, ""), IsEmpty());
  update_catalog(other, *catalog_, context_);
}

TEST_F(CatalogUpdates, find_a_save_whose_owner_died_before_the_feed_knew_of_it) {
  EXPECT_THROW(save_artifact(registry_, request({{"x", "a"}}), failing_at("save.after_metadata")), Error);
  kill_session_owners();
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, ""), SizeIs(1));
  EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty());
}

TEST_F(CatalogUpdates, find_a_push_whose_owner_died_after_latest_stood) {
  Publication made = publication("a/b", {{"file", "1"}});
  EXPECT_THROW(publish_as(failing_at("push.after_latest"), made), Error);
  kill_owners();
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, "kind:package"), SizeIs(1));
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
}

TEST_F(CatalogUpdates, do_not_find_a_push_that_died_before_latest_stood) {
  Publication made = publication("a/b", {{"file", "1"}});
  EXPECT_THROW(publish_as(failing_at("push.after_revision"), made), Error);
  update(*catalog_);
  EXPECT_THAT(found(*catalog_, ""), IsEmpty());
  reindex(registry_, *catalog_, context_);
  EXPECT_THAT(found(*catalog_, ""), IsEmpty());
}

}  // namespace
}  // namespace unio::test
