#include "engine/save.hpp"

#include <sys/stat.h>

#include <thread>

#include "unit/engine/artifact_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SaveTest : public ArtifactTest {};

TEST_F(SaveTest, puts_files_logs_and_metadata_into_the_folder_of_date_user_and_time) {
  SaveRequest what = request({{"train.txt", "a"}, {"sub/test.txt", "b"}});
  what.logs = {{"pip_freeze.txt", "pandas==2.1.3\n"}};
  const SavedArtifact saved = save_artifact(registry_, what, context_);
  const std::string folder = "2027/01/15/ann/080000_" + saved.record.artifact_id;
  EXPECT_EQ(saved.folder, folder);
  EXPECT_THAT(artifact_keys(), ElementsAre(folder + "/files/sub/test.txt", folder + "/files/train.txt",
                                           folder + "/logs/pip_freeze.txt", folder + "/metadata.yaml"));
  EXPECT_EQ(read_object(memory_, folder + "/logs/pip_freeze.txt"), "pandas==2.1.3\n");
  EXPECT_EQ(ArtifactRecord::parse(read_object(memory_, folder + "/metadata.yaml")), saved.record);
}

TEST_F(SaveTest, writes_files_then_logs_then_metadata_then_the_feed) {
  SaveRequest what = request({{"x", "a"}});
  what.logs = {{"log", "l"}};
  save_artifact(registry_, what, context_);
  EXPECT_THAT(store_.changes(),
              ElementsAre(".unio/format.json", HasSubstr(".unio/sessions/"), HasSubstr("/files/x"),
                          HasSubstr("/logs/log"), HasSubstr("/metadata.yaml"), HasSubstr(".unio/feed/"),
                          HasSubstr(".unio/contents/"), HasSubstr("-.unio/sessions/")));
}

TEST_F(SaveTest, records_what_it_was_given_and_the_digest_and_size_of_each_file) {
  SaveRequest what = request({{"x", "abc"}});
  what.labels.datatype = "model";
  what.labels.infos = {{"k", "v"}};
  what.based_on = {"artifact_a", "artifact_b", "artifact_a"};
  what.environment.python_packages = {{"pandas", "2.1.3"}};
  what.environment.capture = "safe";
  what.environment.masked = 3;
  const ArtifactRecord record = save_artifact(registry_, what, context_).record;
  EXPECT_EQ(record.environment, what.environment);
  EXPECT_EQ(record.labels, what.labels);
  EXPECT_THAT(record.based_on, ElementsAre("artifact_a", "artifact_b"));
  EXPECT_EQ(record.creation_time, clock_.now());
  EXPECT_TRUE(is_artifact_id(record.artifact_id));
  EXPECT_TRUE(record.run_id.starts_with("run_"));
  ASSERT_THAT(record.files, SizeIs(1));
  EXPECT_EQ(record.files[0].sha256, sha256(as_bytes("abc")));
  EXPECT_EQ(record.files[0].size, 3U);
}

TEST_F(SaveTest, names_every_path_that_is_missing_and_writes_nothing) {
  SaveRequest what = request({{"there", "a"}});
  what.paths.emplace_back(folder_.path() / "gone1");
  what.paths.emplace_back(folder_.path() / "gone2");
  const Error error = caught([&] { save_artifact(registry_, what, context_); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("gone1"), HasSubstr("gone2")));
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(SaveTest, refuses_folders_and_no_files_at_all) {
  SaveRequest what = request({{"there", "a"}});
  what.paths.emplace_back(folder_.path());
  EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), invalid_argument);
  what.paths.clear();
  EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), invalid_argument);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(SaveTest, refuses_names_that_cannot_be_paths_before_anything_is_written) {
  using namespace std::string_literals;
  for (const std::string& user : {".."s, "a/b"s, "a\0b"s, std::string(4096, 'u'), ""s}) {
    SaveRequest what = request({{"x", "a"}});
    what.environment.username = user;
    EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), invalid_argument);
  }
  for (const std::string& log : {".."s, "../x"s, "/x"s, "a\0b"s}) {
    SaveRequest what = request({{"x", "a"}});
    what.logs = {{log, "l"}};
    EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), invalid_argument);
  }
  SaveRequest what = request({{"\xff\xfe", "not UTF-8"}});
  EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), invalid_argument);
  std::string deep;
  for (int i = 0; i < 10; ++i) deep += std::string(200, 'd') + "/";
  what = request({{deep + "x", "a"}, {"y", "b"}});
  EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), invalid_argument);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(SaveTest, takes_names_with_quotes_spaces_and_any_characters) {
  const Files files{
      {"a 'b' \"c\"", "1"}, {"é/日本 #%.txt", "2"}, {"line\nbreak", "3"}, {"-x: y", "4"}, {"{}[]", ""}};
  const SavedArtifact saved = save(files);
  const OpenedArtifact opened = get_artifact(registry_, saved.record.artifact_id, context_);
  EXPECT_EQ(opened.record, saved.record);
  EXPECT_EQ(contents(registry_, opened), files);
}

TEST_F(SaveTest, saves_a_file_once_that_is_given_twice) {
  SaveRequest what = request({{"x", "a"}});
  what.paths.push_back(what.paths.front().parent_path() / "." / "x");
  EXPECT_THAT(save_artifact(registry_, what, context_).record.files, SizeIs(1));
}

TEST_F(SaveTest, sends_large_files_whole_and_notices_none_of_their_pieces_twice) {
  std::string large(std::size_t{9} << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>(i >> 12);
  const Files files{{"large", large}, {"same", large}};
  const SavedArtifact saved = save(files);
  EXPECT_EQ(saved.shared, 1U);
  EXPECT_EQ(contents(registry_, {saved.folder, saved.record}), files);
  EXPECT_EQ(saved.record.files[0].sha256, sha256(as_bytes(large)));
}

TEST_F(SaveTest, refers_to_what_an_artifact_has_already) {
  const SavedArtifact first = save({{"x", "same"}});
  const SavedArtifact second = save({{"y", "same"}, {"z", "other"}});
  EXPECT_EQ(second.shared, 1U);
  EXPECT_EQ(second.record.find_file("y")->object, first.folder + "/files/x");
  EXPECT_EQ(second.record.find_file("z")->object, std::nullopt);
  EXPECT_FALSE(memory_.find(second.folder + "/files/y"));
  EXPECT_EQ(contents(registry_, {second.folder, second.record}), (Files{{"y", "same"}, {"z", "other"}}));
}

TEST_F(SaveTest, refers_to_what_a_package_has_already) {
  manifest_of(registry_, {{"k", "in a package"}});
  const SavedArtifact saved = save({{"x", "in a package"}});
  const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes("in a package"));
  EXPECT_EQ(saved.record.files[0].object, layout::object(digest));
  EXPECT_EQ(contents(registry_, {saved.folder, saved.record}), (Files{{"x", "in a package"}}));
}

TEST_F(SaveTest, refers_within_an_artifact_and_from_there_to_another) {
  const SavedArtifact saved = save({{"a", "same"}, {"b", "same"}, {"c", "same"}});
  EXPECT_EQ(saved.shared, 2U);
  const SavedArtifact again = save({{"d", "same"}, {"e", "same"}});
  EXPECT_EQ(again.shared, 2U);
  // References name a file, never another reference.
  for (const ArtifactFile& file : again.record.files) EXPECT_TRUE(memory_.find(*file.object)) << *file.object;
  EXPECT_EQ(contents(registry_, {again.folder, again.record}), (Files{{"d", "same"}, {"e", "same"}}));
}

TEST_F(SaveTest, stores_everything_without_dedup) {
  save({{"x", "same"}});
  SaveRequest what = request({{"y", "same"}, {"z", "same"}});
  what.dedup = Dedup::off;
  const SavedArtifact saved = save_artifact(registry_, what, context_);
  EXPECT_EQ(saved.shared, 0U);
  EXPECT_TRUE(memory_.find(saved.folder + "/files/y"));
  EXPECT_TRUE(memory_.find(saved.folder + "/files/z"));
}

TEST_F(SaveTest, does_not_believe_a_content_record_that_names_nothing) {
  const SavedArtifact first = save({{"x", "same"}});
  memory_.remove(first.folder + "/files/x", Condition::none());
  const SavedArtifact second = save({{"y", "same"}});
  EXPECT_EQ(second.record.files[0].object, std::nullopt);
  const SavedArtifact third = save({{"z", "same"}});
  EXPECT_EQ(third.record.files[0].object, second.folder + "/files/y") << "the record was renewed";
  for (const std::string record :
       {"", "{", "{\"key\": 1}", "{\"key\": \"../../etc/passwd\", \"size\": 4}", "[]"}) {
    write(layout::content_record(sha256(as_bytes("same"))), record);
    EXPECT_EQ(save({{"y", "same"}}).shared, 0U) << record;
  }
}

TEST_F(SaveTest, notices_a_file_that_changes_while_it_is_saved) {
  SaveRequest what = request({{"x", std::string(std::size_t{9} << 20, 'a')}});
  store_.before(StoreOperation::append, "", [&] { std::ofstream(what.paths[0], std::ios::app) << "more"; });
  EXPECT_UNIO_ERROR(save_artifact(registry_, what, context_), failed_precondition);
  EXPECT_THAT(artifact_keys(), IsEmpty());
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty());
}

TEST_F(SaveTest, takes_back_its_files_when_it_fails_before_the_metadata) {
  for (const std::string point : {"push.after_session", "save.after_files", "save.after_logs"}) {
    EXPECT_UNIO_ERROR(save_artifact(registry_, request({{"x", point}}), failing_at(point)), unavailable);
    EXPECT_THAT(artifact_keys(), IsEmpty()) << point;
    EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty()) << point;
  }
}

TEST_F(SaveTest, is_found_after_a_failure_behind_the_metadata) {
  for (const std::string point : {"save.after_metadata", "save.after_feed", "save.after_contents"}) {
    const auto before = feed().size();
    EXPECT_UNIO_ERROR(save_artifact(registry_, request({{"x", point}}), failing_at(point)), unavailable);
    ASSERT_THAT(keys(std::string(layout::sessions)), SizeIs(1)) << point;
    clock_.advance(std::chrono::minutes(2));
    save({{"y", "next " + point}});
    EXPECT_THAT(feed(), SizeIs(before + 2)) << point;
    EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty()) << point;
    for (const FeedEntry& entry : feed())
      EXPECT_NO_THROW(get_artifact(registry_, entry.record.get_string("artifact"), context_));
  }
}

TEST_F(SaveTest, leaves_a_save_alone_whose_process_lives_and_clears_it_away_when_it_died) {
  store_.after(StoreOperation::put, "/files/x", [&] { throw Error(ErrorCode::unavailable, "away"); });
  store_.before(StoreOperation::list, "ann/", [&] { throw Error(ErrorCode::unavailable, "still away"); });
  EXPECT_UNIO_ERROR(save({{"x", "a"}}), unavailable);
  write("2027/01/15/ann/080000_artifact_00000000-0000-4000-8000-000000000000/files/x", "of another");
  const auto sessions = keys(std::string(layout::sessions));
  ASSERT_THAT(sessions, SizeIs(1));
  const std::string folder = Json::parse(read_object(memory_, sessions[0])).get_string("artifact");
  write(folder + "/files/x", "a");
  clock_.advance(std::chrono::minutes(5));
  save({{"y", "b"}});
  EXPECT_TRUE(memory_.find(folder + "/files/x"));
  kill_session_owners();
  save({{"z", "c"}});
  EXPECT_FALSE(memory_.find(folder + "/files/x"));
  EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty());
  EXPECT_TRUE(memory_.find("2027/01/15/ann/080000_artifact_00000000-0000-4000-8000-000000000000/files/x"));
}

TEST_F(SaveTest, clears_nothing_that_a_false_session_names) {
  write("data/x", "precious");
  for (const std::string folder : {"data", ".quilt", "", "..", "2027/01/15/ann"}) {
    const Json session = Json::object({{"host", "here"},
                                       {"process", dead_process},
                                       {"artifact", folder},
                                       {"metadata", folder + "/metadata.yaml"},
                                       {"entry", Json::object()}});
    write(layout::session("false"), session.dump());
    save({{"y", "b"}});
    EXPECT_TRUE(memory_.find("data/x")) << folder;
    EXPECT_FALSE(memory_.find(layout::session("false"))) << folder;
  }
}

TEST_F(SaveTest, gives_up_when_it_was_taken_for_dead) {
  store_.after(StoreOperation::commit, "", [&] {
    for (const std::string& key : keys(std::string(layout::sessions))) memory_.remove(key, Condition::none());
  });
  EXPECT_UNIO_ERROR(save({{"x", "a"}}), conflict);
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_THAT(artifact_keys(), IsEmpty());
}

TEST_F(SaveTest, does_not_fail_when_only_the_content_records_cannot_be_written) {
  store_.before(StoreOperation::put, ".unio/contents/",
                [] { throw Error(ErrorCode::unavailable, "the service is away"); });
  const SavedArtifact saved = save({{"x", "a"}});
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr("the service is away")));
  EXPECT_EQ(get_artifact(registry_, saved.record.artifact_id, context_).record, saved.record);
}

TEST_F(SaveTest, by_many_at_once_is_found_each_exactly_once) {
  constexpr int writers = 16;
  std::vector<std::jthread> threads;
  const SaveRequest what = request({{"x", "shared by all"}});
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&] { save_artifact(registry_, what, context_of("ann")); });
  threads.clear();
  std::set<std::string> ids;
  for (const FeedEntry& entry : feed()) {
    const std::string& id = entry.record.get_string("artifact");
    EXPECT_TRUE(ids.insert(id).second) << "twice";
    EXPECT_EQ(contents(registry_, get_artifact(registry_, id, context_)), (Files{{"x", "shared by all"}}));
  }
  EXPECT_THAT(ids, SizeIs(writers));
}

TEST_F(SaveTest, writes_labels_given_later_beside_the_first_metadata) {
  const SavedArtifact saved = save({{"x", "a"}});
  const std::string before = read_object(memory_, saved.folder + "/metadata.yaml");
  clock_.advance(std::chrono::hours(1));
  const OpenedArtifact revised = revise_artifact(
      registry_, saved.folder, [](ArtifactLabels& labels) { labels.ticket = "AB-1"; }, context_of("bob"));
  EXPECT_EQ(read_object(memory_, saved.folder + "/metadata.yaml"), before);
  EXPECT_EQ(revised.record.revision, 1);
  EXPECT_EQ(revised.record.revised_by, "bob");
  const OpenedArtifact opened = get_artifact(registry_, saved.record.artifact_id, context_);
  EXPECT_EQ(opened.record, revised.record);
  EXPECT_EQ(opened.record.labels.ticket, "AB-1");
  EXPECT_EQ(opened.record.files, saved.record.files);
  EXPECT_EQ(opened.record.creation_time, saved.record.creation_time);
  ASSERT_THAT(feed(), SizeIs(2));
  EXPECT_EQ(feed()[1].record.get_string("metadata"), "metadata.1.yaml");
  EXPECT_EQ(feed()[1].record.get_string("user"), "bob");
}

TEST_F(SaveTest, keeps_both_of_two_revisions_at_once) {
  const SavedArtifact saved = save({{"x", "a"}});
  store_.before(StoreOperation::write, "metadata.1.yaml", [&] {
    revise_artifact(
        registry_, saved.folder, [](ArtifactLabels& l) { l.infos["of"] = "bob"; }, context_);
  });
  const OpenedArtifact revised = revise_artifact(
      registry_, saved.folder, [](ArtifactLabels& l) { l.ticket = "mine"; }, context_);
  EXPECT_EQ(revised.record.revision, 2);
  EXPECT_EQ(revised.record.labels.ticket, "mine");
  EXPECT_EQ(revised.record.labels.infos.at("of"), "bob");
}

TEST_F(SaveTest, counts_what_is_masked_in_labels_given_later) {
  const SavedArtifact saved = save({{"x", "a"}});
  const auto label = [](ArtifactLabels& labels) { labels.infos["password"] = "hunter2"; };
  const OpenedArtifact revised = revise_artifact(registry_, saved.folder, label, context_);
  EXPECT_EQ(revised.record.labels.infos.at("password"), "<masked>");
  EXPECT_EQ(revised.record.environment.masked, saved.record.environment.masked + 1);
  const OpenedArtifact again = revise_artifact(
      registry_, saved.folder, [](ArtifactLabels& labels) { labels.ticket = "AB-1"; }, context_);
  EXPECT_EQ(again.record.environment.masked, revised.record.environment.masked) << "counted once";
}

TEST_F(SaveTest, writes_no_revision_when_the_labels_stay) {
  const SavedArtifact saved = save({{"x", "a"}});
  const auto label = [](ArtifactLabels& labels) { labels.ticket = "AB-1"; };
  EXPECT_EQ(revise_artifact(registry_, saved.folder, label, context_).record.revision, 1);
  EXPECT_EQ(revise_artifact(registry_, saved.folder, label, context_).record.revision, 1);
  EXPECT_THAT(feed(), SizeIs(2));
}

TEST_F(SaveTest, finds_a_revision_whose_writer_died_before_the_feed) {
  const SavedArtifact saved = save({{"x", "a"}});
  EXPECT_UNIO_ERROR(revise_artifact(
                        registry_, saved.folder, [](ArtifactLabels& l) { l.ticket = "t"; },
                        failing_at("save.after_metadata")),
                    unavailable);
  EXPECT_THAT(feed(), SizeIs(1));
  clock_.advance(std::chrono::minutes(2));
  settle_saves(registry_, context_);
  ASSERT_THAT(feed(), SizeIs(2));
  EXPECT_TRUE(memory_.find(saved.folder + "/files/x"));
}

class NewArtifactTest : public ArtifactTest {
 protected:
  ArtifactDescription description() { return request({}); }
};

TEST_F(NewArtifactTest, records_what_was_written_in_place) {
  LocalStore store(folder_.path() / "registry", random_);
  const Registry registry(store, context_);
  NewArtifact artifact(registry, {"model.pt", "sub/metrics.csv"}, description(), context_);
  std::ofstream(artifact.url("model.pt")) << "model";
  std::ofstream(artifact.url("sub/metrics.csv")) << "a,b";
  const SavedArtifact saved = artifact.finish();
  const OpenedArtifact opened = get_artifact(registry, saved.record.artifact_id, context_);
  EXPECT_EQ(contents(registry, opened), (Files{{"model.pt", "model"}, {"sub/metrics.csv", "a,b"}}));
  EXPECT_EQ(opened.record.find_file("model.pt")->sha256, sha256(as_bytes("model")));
  struct ::stat status {};
  ASSERT_EQ(::stat(artifact.url("model.pt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0444U);
}

TEST_F(NewArtifactTest, takes_local_files_and_what_came_last_counts) {
  const auto paths = local_files({{"first", "a longer one"}, {"second", "b"}});
  NewArtifact artifact(registry_, {"model.pt"}, description(), context_);
  artifact.put("model.pt", paths[0]);
  artifact.put("model.pt", paths[1]);
  EXPECT_UNIO_ERROR(artifact.put("other", paths[0]), not_found);
  EXPECT_UNIO_ERROR(artifact.put("model.pt", folder_.path() / "nothing"), not_found);
  const SavedArtifact saved = artifact.finish();
  EXPECT_EQ(contents(registry_, {saved.folder, saved.record}), (Files{{"model.pt", "b"}}));
}

TEST_F(NewArtifactTest, names_every_file_that_was_not_written_and_records_nothing) {
  NewArtifact artifact(registry_, {"a", "b", "c"}, description(), context_);
  write(artifact.url("b").substr(std::string("memory:/").size()), "b");
  const Error error = caught([&] { artifact.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr("\"a\""), HasSubstr("\"c\""), testing::Not(HasSubstr("\"b\""))));
  EXPECT_THAT(feed(), IsEmpty());
}

TEST_F(NewArtifactTest, that_is_never_finished_leaves_the_files_and_records_nothing) {
  std::string key;
  {
    NewArtifact artifact(registry_, {"model.pt"}, description(), context_);
    key = artifact.url("model.pt").substr(std::string("memory:/").size());
    write(key, "half");
  }
  EXPECT_TRUE(memory_.find(key));
  EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty());
  EXPECT_THAT(feed(), IsEmpty());
}

TEST_F(NewArtifactTest, refuses_paths_that_leave_it_or_come_twice) {
  using namespace std::string_literals;
  for (const auto& relpaths : std::vector<std::vector<std::string>>{
           {}, {"../x"}, {"/x"}, {"a", "a"}, {"a\0b"s}, {""}, {std::string(2000, 'x')}}) {
    EXPECT_UNIO_ERROR(NewArtifact(registry_, relpaths, description(), context_), invalid_argument);
  }
  EXPECT_THAT(store_.changes(), IsEmpty());
}

}  // namespace
}  // namespace unio::test
