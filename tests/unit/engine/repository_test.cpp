#include "engine/repository.hpp"

#include <fmt/format.h>

#include <set>
#include <thread>

#include "engine/ticket_lock.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RepositoryTest : public EngineTest {
 protected:
  static ValueToSave value(const std::string& name, std::string content, std::string file_name = "") {
    return {.version = {.name = name, .handler = "text", .file_name = std::move(file_name)},
            .suffix = "txt",
            .content = ValueSource::of_text(std::move(content))};
  }

  static RepositoryChanges adding(ValueToSave one) {
    RepositoryChanges changes;
    changes.values.push_back(std::move(one));
    return changes;
  }

  ValueVersion put(const std::string& name, const std::string& content, const std::string& file_name = "") {
    const SavedIndex saved = repository_.save(adding(value(name, content, file_name)));
    return saved.index.versions()[saved.positions.at(0)];
  }

  std::string content(const ValueVersion& version) {
    std::string all;
    repository_.read_value(version, [&](Bytes bytes) { all += as_text(bytes); });
    return all;
  }

  std::vector<std::string> contents(const std::string& name) {
    const RepositoryIndex index = repository_.get_index();
    std::vector<std::string> all;
    for (const std::size_t position : index.versions_of(name))
      all.push_back(content(index.versions()[position]));
    return all;
  }

  Repository repository_{store_, "repository.json", context_};
};

TEST_F(RepositoryTest, gives_back_every_version_of_a_value) {
  put("a", "one");
  put("b", "other");
  put("a", "two");
  EXPECT_THAT(contents("a"), ElementsAre("one", "two"));
  EXPECT_THAT(contents("b"), ElementsAre("other"));
}

TEST_F(RepositoryTest, keeps_two_versions_of_one_second_and_one_file_name_apart) {
  EXPECT_EQ(put("a", "one").file_name, "a-20270115080000.txt");
  EXPECT_EQ(put("a", "two").file_name, "a-20270115080000-1.txt");
  put("a", "three", "same.bin");
  EXPECT_EQ(put("a", "four", "same.bin").file_name, "same-1.bin");
  RepositoryChanges together;
  for (const char* text : {"five", "six"}) together.values.push_back(value("a", text));
  repository_.save(together);
  EXPECT_THAT(contents("a"), ElementsAre("one", "two", "three", "four", "five", "six"));
}

TEST_F(RepositoryTest, stores_values_before_the_index_names_them) {
  store_.forget_changes();
  put("a", "one");
  EXPECT_THAT(store_.changes(), ElementsAre("a/a-20270115080000.txt", "repository.json"));
  const Context failing = failing_at("repo.after_values");
  const Repository dying(store_, "repository.json", failing);
  EXPECT_UNIO_ERROR(dying.save(adding(value("a", "lost"))), unavailable);
  EXPECT_THAT(contents("a"), ElementsAre("one"));
  put("a", "two");
  EXPECT_THAT(contents("a"), ElementsAre("one", "two"));
}

TEST_F(RepositoryTest, never_writes_over_a_file_that_nothing_names) {
  write("a/a-20270115080000.txt", "whose is this?");
  EXPECT_EQ(put("a", "one").file_name, "a-20270115080000-1.txt");
  EXPECT_EQ(read_object(memory_, "a/a-20270115080000.txt"), "whose is this?");
}

TEST_F(RepositoryTest, keeps_the_versions_of_a_writer_who_was_faster) {
  put("a", "one");
  store_.before(StoreOperation::write, "repository.json",
                [&] { Repository(memory_, "repository.json", context_).save(adding(value("a", "faster"))); });
  EXPECT_EQ(put("a", "slower").version, 2);
  EXPECT_THAT(contents("a"), ElementsAre("one", "faster", "slower"));
}

TEST_F(RepositoryTest, streams_a_large_value_and_finds_its_digest) {
  const std::string large(3 << 20, 'x');
  const ValueVersion version = put("a", large);
  EXPECT_EQ(version.size, large.size());
  EXPECT_EQ(version.sha256, sha256(as_bytes(large)));
  EXPECT_EQ(content(version), large);
  EXPECT_EQ(put("a", large, version.file_name).file_name, "a-20270115080000-1.txt");
}

TEST_F(RepositoryTest, detects_a_value_that_was_changed_cut_or_removed) {
  const ValueVersion version = put("a", "one");
  for (const char* damaged : {"two", "on", "onee"}) {
    write("a/" + version.file_name, damaged);
    EXPECT_UNIO_ERROR(content(version), corruption) << damaged;
  }
  memory_.remove("a/" + version.file_name, Condition::none());
  EXPECT_UNIO_ERROR(content(version), corruption);
  const RepositoryReport report = repository_.verify();
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_THAT(report.problems[0].what,
              HasSubstr("version 0 of \"a\" in 'a/a-20270115080000.txt' is not there"));
}

TEST_F(RepositoryTest, reads_values_without_a_digest_as_they_are) {
  write(
      "repository.json",
      R"([{"created_at": "2030-01-02T03:04:05", "fname": "w", "handler": "json", "name": "w", "version": 0}])");
  write("w/w", "anything");
  EXPECT_THAT(contents("w"), ElementsAre("anything"));
  EXPECT_EQ(repository_.verify().unrecorded, 1U);
}

TEST_F(RepositoryTest, refuses_paths_that_lead_elsewhere_and_reads_the_others) {
  EXPECT_UNIO_ERROR(put("../a", "x"), invalid_argument);
  EXPECT_UNIO_ERROR(put("a", "x", "../../b"), invalid_argument);
  EXPECT_UNIO_ERROR(put("repository.json", "x"), invalid_argument);
  EXPECT_THAT(store_.changes(), IsEmpty());
  write(
      "repository.json",
      R"([{"created_at": "2030-01-02T03:04:05", "fname": "../../w", "handler": "json", "name": "w", "version": 0}])");
  EXPECT_UNIO_ERROR(contents("w"), corruption);
  put("w", "fine");
  EXPECT_EQ(content(repository_.get_index().versions()[1]), "fine");
}

TEST_F(RepositoryTest, that_is_replaced_is_kept_aside) {
  put("a", "one");
  RepositoryChanges changes = adding(value("b", "new"));
  changes.onto = OntoIndex::replace;
  const SavedIndex saved = repository_.save(changes);
  EXPECT_THAT(saved.index.names(), ElementsAre("b"));
  const auto kept = keys(".unio/replaced/");
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_TRUE(RepositoryIndex::parse(read_object(memory_, kept[0])).contains("a"));
}

TEST_F(RepositoryTest, sets_and_takes_away_when_a_version_expires) {
  put("a", "one");
  repository_.save({.values = {}, .expiries = {{"a", 0, clock_.now()}}});
  EXPECT_TRUE(repository_.get_index().versions()[0].is_expired(clock_.now()));
  repository_.save({.values = {}, .expiries = {{"a", 0, std::nullopt}}});
  EXPECT_FALSE(repository_.get_index().versions()[0].expiry);
  EXPECT_UNIO_ERROR(repository_.save({.values = {}, .expiries = {{"a", 1, clock_.now()}}}), not_found);
}

TEST_F(RepositoryTest, that_is_damaged_is_never_written_over) {
  write("repository.json", "[{]");
  EXPECT_UNIO_ERROR(put("a", "one"), corruption);
  EXPECT_EQ(read_object(memory_, "repository.json"), "[{]");
}

TEST_F(RepositoryTest, makes_releases_once_and_exports_them_with_their_numbers) {
  put("a", "one");
  put("a", "two");
  const Release release = repository_.release("v1");
  EXPECT_UNIO_ERROR(repository_.release("v1"), already_exists);
  put("a", "three");
  const Repository target =
      Repository::open("file://" + folder_.path().native() + "/out/mine.json", context_);
  export_release(repository_, repository_.read_releases().get("v1"), target);
  EXPECT_UNIO_ERROR(export_release(repository_, release, target), already_exists);
  const RepositoryIndex index = target.get_index();
  ASSERT_THAT(index.versions(), SizeIs(1));
  EXPECT_EQ(index.versions()[0].version, 1);
  EXPECT_THAT(target.verify().problems, IsEmpty());
}

TEST_F(RepositoryTest, promotes_an_artifact_with_its_time_once) {
  write("project.json",
        R"([{"slug": "exp-1", "short_slug": "exp", "created_at": "2030-01-02T03:04:05", "artifacts": [
      {"created_at": "2030-01-02T03:04:05", "expiry": null, "fname": "f.pkl", "handler": "pickle", "name": "f",
       "python_version": "3.11", "version": 0}]}])");
  write("exp-1/f.pkl", "bytes");
  const Repository project(store_, "project.json", context_);
  EXPECT_UNIO_ERROR(artifact_of_experiment(project, "other", "f"), not_found);
  EXPECT_UNIO_ERROR(artifact_of_experiment(project, "exp", "g"), not_found);
  const SavedIndex saved = promote(repository_, artifact_of_experiment(project, "exp", "f"));
  const ValueVersion& version = saved.index.versions()[0];
  EXPECT_EQ(version.created, parse_time("2030-01-02T03:04:05Z"));
  EXPECT_EQ(version.members().find("python_version")->if_string()->c_str(), std::string("3.11"));
  EXPECT_EQ(content(version), "bytes");
  EXPECT_UNIO_ERROR(promote(repository_, artifact_of_experiment(project, "exp-1", "f")), failed_precondition);
}

/// Ignores every condition, as some services do.
class CarelessStore final : public ObjectStore, public ProbedStore {
 public:
  explicit CarelessStore(ObjectStore& inner) : inner_(inner) {}
  std::string url() const override { return inner_.url(); }
  std::optional<ObjectInfo> find(std::string_view key) override { return inner_.find(key); }
  ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override {
    return inner_.read(key, range, sink);
  }
  ObjectInfo write(std::string_view key, Bytes content, const Condition&) override {
    return inner_.write(key, content, Condition::none());
  }
  ObjectInfo copy(std::string_view from, std::string_view to, const Condition&) override {
    return inner_.copy(from, to, Condition::none());
  }
  void remove(std::string_view key, const Condition&) override { inner_.remove(key, Condition::none()); }
  ListPage list(const ListOptions& options) override { return inner_.list(options); }
  std::unique_ptr<WriteBatch> batch() override { return inner_.batch(); }
  StagingStore* staging() override { return inner_.staging(); }
  ProbedStore* probed() override { return this; }

  StoreCapabilities probe(std::string_view) override { return capabilities(); }
  void adopt(const StoreCapabilities&) override {}
  StoreCapabilities capabilities() const override {
    StoreCapabilities able;
    able.create_only = able.swap = false;
    return able;
  }

 private:
  ObjectStore& inner_;
};

TEST_F(RepositoryTest, loses_nothing_where_the_store_has_no_conditions) {
  CarelessStore careless(memory_);
  const Repository repository(careless, "repository.json", context_);
  constexpr int writers = 4, saves = 5;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < writers; ++writer) {
      threads.emplace_back([&, writer] {
        for (int i = 0; i < saves; ++i) repository.save(adding(value("a", fmt::format("{}-{}", writer, i))));
      });
    }
  }
  const auto all = contents("a");
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), std::size_t{writers * saves});
  EXPECT_THAT(keys(".unio/tickets/"), IsEmpty());
}

TEST_F(RepositoryTest, takes_the_lock_of_a_dead_process_away_after_a_minute_and_the_dead_notices) {
  const std::string folder = ".unio/tickets/repository.json/";
  auto dead = std::make_optional<TicketLock>(memory_, folder, context_);
  dead->check();
  clock_.advance(std::chrono::seconds(61));
  const TicketLock next(memory_, folder, context_);
  next.check();
  EXPECT_UNIO_ERROR(dead->check(), conflict);
}

}  // namespace
}  // namespace unio::test
