#include "engine/value_documents.hpp"

#include <filesystem>
#include <fstream>

#include "base/percent.hpp"
#include "engine/lineage.hpp"
#include "engine/repository.hpp"
#include "unit/engine/catalog_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A registry in a folder, in which repositories lie.
class ValuesInCatalogs : public CatalogTest {
 protected:
  /// Files have the times of the real clock.
  ValuesInCatalogs() {
    clock_.advance(SystemClock().now() - clock_.now());
    update_folder();
  }

  CatalogUpdate update_folder() {
    clock_.advance(std::chrono::seconds(1));
    return update_catalog(registry_in_folder_, *catalog_, context_);
  }

  Repository repository(const std::string& key = "models/repository.json") {
    return Repository::open(url_ + "/" + encode_url_path(key), context_, {url_});
  }

  std::string put(const std::string& name, const std::string& content,
                  const std::string& key = "models/repository.json", OntoIndex onto = OntoIndex::add) {
    clock_.advance(std::chrono::seconds(1));
    RepositoryChanges changes;
    changes.onto = onto;
    changes.values.push_back({.version = {.name = name, .handler = "json"},
                              .suffix = "json",
                              .content = ValueSource::of_text(content)});
    const SavedIndex saved = repository(key).save(changes);
    const ValueVersion& version = saved.index.versions()[saved.positions.at(0)];
    return value_id(key, version.name, version.version);
  }

  std::map<std::string, CatalogDocument> content_of_folder() {
    const auto catalog = new_catalog();
    reindex(registry_in_folder_, *catalog, context_);
    return content(*catalog);
  }

  void write_file(const std::string& key, const std::string& text) {
    const std::filesystem::path path = folder_.path() / "registry" / key;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  std::string url_ = "file://" + (folder_.path() / "registry").native();
  Registry registry_in_folder_{context_.stores.get(url_), context_};
};

constexpr const char* of_lazyscribe = R"([
    {
        "created_at": "2026-11-26T08:00:00",
        "expiry": null,
        "fname": "weights-20261126080000.pkl",
        "handler": "pickle",
        "name": "weights",
        "python_version": "3.11",
        "version": 0
    }
])";

TEST_F(ValuesInCatalogs, are_found_by_name_version_date_handler_and_repository) {
  const std::string first = put("weights", "[0]");
  const std::string second = put("weights", "[0, 1]");
  const std::string other = put("team/limits", "9");
  EXPECT_EQ(second, "models/repository.json#weights@v1");
  EXPECT_EQ(update_folder().changed, 3U);
  EXPECT_THAT(found(*catalog_, "kind:value"), ElementsAre(other, second, first));
  EXPECT_THAT(found(*catalog_, "name:weights version:1"), ElementsAre(second));
  EXPECT_THAT(found(*catalog_, "kind:value name:weights created:today"), ElementsAre(second, first));
  EXPECT_THAT(found(*catalog_, "created:<2020"), IsEmpty());
  EXPECT_THAT(found(*catalog_, "repo:models/* handler:json size:6"), ElementsAre(second));
  EXPECT_THAT(found(*catalog_, "limits"), ElementsAre(other));
  EXPECT_EQ(content(*catalog_), content_of_folder());
}

TEST_F(ValuesInCatalogs, cost_nothing_more_when_nothing_is_new) {
  put("weights", "[0]");
  update_folder();
  const CatalogUpdate nothing = update_folder();
  EXPECT_EQ(nothing.read, 0U);
  EXPECT_FALSE(nothing.rebuilt);
}

TEST_F(ValuesInCatalogs, are_read_once_for_many_saves) {
  for (int i = 0; i < 5; ++i) put("weights", "[0]");
  EXPECT_EQ(update_folder().read, 5U);
  put("weights", "[0]");
  EXPECT_EQ(update_folder().read, 1U);
}

TEST_F(ValuesInCatalogs, that_lazyscribe_saved_are_met_when_the_catalogue_is_built_anew) {
  write_file("repository.json", of_lazyscribe);
  write_file("team/models/repository.json", of_lazyscribe);
  write_file("team/models/deeper/repository.json", of_lazyscribe);
  write_file("2026/repository.json", of_lazyscribe);
  write_file("team/broken/repository.json", "{}");
  reindex(registry_in_folder_, *catalog_, context_);
  EXPECT_THAT(found(*catalog_, "kind:value meta.python_version:3.11"),
              UnorderedElementsAre("repository.json#weights@v0", "team/models/repository.json#weights@v0"));
}

TEST_F(ValuesInCatalogs, under_other_names_and_deeper_are_found_from_the_store_once_saved_here) {
  const std::string deep = put("weights", "[0]", "a/b/c/d/models.json");
  const std::string odd = put("weights", "[0]", "odd #1/100%.json");
  EXPECT_EQ(odd, "odd%20%231/100%25.json#weights@v0");
  update_folder();
  EXPECT_THAT(found(*catalog_, "kind:value"), ElementsAre(odd, deep));
  EXPECT_EQ(content(*catalog_), content_of_folder());
}

TEST_F(ValuesInCatalogs, follow_an_expiry_that_changes) {
  put("weights", "[0]");
  update_folder();
  EXPECT_THAT(found(*catalog_, R"({"expiry": {"$exists": true}})"), IsEmpty());
  RepositoryChanges changes;
  changes.expiries.push_back({"weights", 0, clock_.now()});
  repository().save(changes);
  EXPECT_EQ(update_folder().changed, 1U);
  EXPECT_THAT(found(*catalog_, R"({"expiry": {"$exists": true}})"),
              ElementsAre("models/repository.json#weights@v0"));
  EXPECT_EQ(content(*catalog_), content_of_folder());
}

TEST_F(ValuesInCatalogs, go_with_the_index_that_another_one_replaces) {
  put("weights", "[0]");
  put("weights", "[1]");
  update_folder();
  const std::string only = put("limits", "9", "models/repository.json", OntoIndex::replace);
  update_folder();
  EXPECT_THAT(found(*catalog_, "kind:value"), ElementsAre(only));
  EXPECT_EQ(content(*catalog_), content_of_folder());
}

TEST_F(ValuesInCatalogs, are_listed_though_the_process_died_after_the_index) {
  for (const char* failpoint : {"repo.after_announcement", "repo.after_index"}) {
    const Context failing = failing_at(failpoint);
    const Repository dying = Repository::open(url_ + "/models/repository.json", failing, {url_});
    RepositoryChanges changes;
    changes.values.push_back({.version = {.name = failpoint, .handler = "text"},
                              .suffix = "txt",
                              .content = ValueSource::of_text("x")});
    EXPECT_UNIO_ERROR(dying.save(changes), unavailable);
  }
  clock_.advance(std::chrono::minutes(2));
  update_folder();
  EXPECT_THAT(found(*catalog_, "kind:value"), ElementsAre("models/repository.json#repo.after_index@v0"));
  EXPECT_THAT(keys_below(registry_in_folder_.store(), layout::sessions), IsEmpty());
}

TEST_F(ValuesInCatalogs, belong_to_the_nearest_registry) {
  put("weights", "[0]", "repository.json");
  const std::string inner_url = url_ + "/inner";
  Registry(context_.stores.get(inner_url), context_).prepare_for_writing();
  put("weights", "[1]", "inner/deep/repository.json");
  const Registry inner(context_.stores.get(inner_url), context_);
  update_folder();
  EXPECT_THAT(found(*catalog_, "kind:value"), ElementsAre("repository.json#weights@v0"));
  EXPECT_EQ(content(*catalog_), content_of_folder());
  const auto theirs = new_catalog();
  reindex(inner, *theirs, context_);
  EXPECT_THAT(found(*theirs, "kind:value"), ElementsAre("deep/repository.json#weights@v0"));
}

TEST_F(ValuesInCatalogs, outside_any_registry_make_one_of_their_folder) {
  const std::string place = "file://" + (folder_.path() / "alone").native();
  RepositoryChanges changes;
  changes.values.push_back(
      {.version = {.name = "x", .handler = "text"}, .suffix = "txt", .content = ValueSource::of_text("x")});
  Repository::open(place + "/values.json", context_).save(changes);
  const auto catalog = new_catalog();
  update_catalog(Registry(context_.stores.get(place), context_), *catalog, context_);
  EXPECT_THAT(found(*catalog, "kind:value"), ElementsAre("values.json#x@v0"));
}

TEST_F(ValuesInCatalogs, are_saved_though_the_registry_around_them_may_not_be_written_to) {
  write_file(".unio/format.json",
             R"({"format": "unio-registry", "version": 1, "required": ["x"], "optional": []})");
  EXPECT_EQ(put("weights", "[0]"), "models/repository.json#weights@v0");
  EXPECT_EQ(repository().get_index().versions().size(), 1U);
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr("is not listed in the registry")));
}

TEST_F(ValuesInCatalogs, of_a_release_that_is_exported_are_found_too) {
  put("weights", "[0]");
  const Release release = repository().release("v1");
  export_release(repository(), release, repository("deploy/repository.json"));
  update_folder();
  EXPECT_THAT(found(*catalog_, "repo:deploy/*"), ElementsAre("deploy/repository.json#weights@v0"));
  EXPECT_EQ(content(*catalog_), content_of_folder());
}

TEST_F(ValuesInCatalogs, are_ancestors_of_what_was_made_from_them) {
  const std::string weights = put("weights", "[0]");
  SaveRequest what = request({{"report.txt", "a"}});
  what.based_on = {weights};
  const SavedArtifact saved = save_artifact(registry_in_folder_, what, context_);
  update_folder();
  const LineageGraph up = walk_lineage(*catalog_, saved.record.artifact_id, {});
  ASSERT_EQ(up.vertices.size(), 2U);
  EXPECT_EQ(up.vertices[1].id, weights);
  EXPECT_EQ(up.vertices[1].kind, DocumentKind::value);
  const LineageGraph down = walk_lineage(*catalog_, weights, {.direction = Direction::down});
  EXPECT_EQ(down.vertices.at(1).id, saved.record.artifact_id);
  EXPECT_THAT(found(*catalog_, "based-on:models/repository.json#weights@v0"),
              ElementsAre(saved.record.artifact_id));
}

TEST_F(ValuesInCatalogs, are_not_taken_from_entries_that_lead_elsewhere) {
  for (const char* key : {"../x.json", "/etc/x.json", ".unio/format.json", ".quilt/packages/x", ""}) {
    append_feed(registry_in_folder_,
                Json::object({{"op", random_id(context_.random)}, {"kind", "value"}, {"repository", key}}),
                clock_.now(), context_);
  }
  append_feed(registry_in_folder_,
              Json::object({{"op", random_id(context_.random)},
                            {"kind", "value"},
                            {"repository", "none.json"},
                            {"versions", Json::Array{"x", 1}}}),
              clock_.now(), context_);
  update_folder();
  EXPECT_THAT(found(*catalog_, ""), IsEmpty());
  EXPECT_EQ(update_folder().read, 0U);
}

TEST(PublishedId, has_the_form_of_an_artifact_a_revision_or_a_value) {
  const std::string hash(64, 'a');
  for (const std::string& id : {std::string("artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8"),
                                "team/photos@" + hash, std::string("repository.json#a@b@v0")})
    EXPECT_TRUE(is_published_id(id)) << id;
  for (const std::string& id : {std::string(), std::string("weights@v3"), "@" + hash, std::string("x#y@3"),
                                std::string("#y@v3"), std::string("x#@v3"), std::string("team/photos@abc")})
    EXPECT_FALSE(is_published_id(id)) << id;
}

}  // namespace
}  // namespace unio::test
