#include "engine/publish.hpp"

#include <thread>

#include "base/json.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class Publish : public EngineTest {
 protected:
  std::string pointer_key(const std::string& name, const std::string& pointer) {
    return layout::pointer(package(name), pointer);
  }
  std::int64_t now() { return unix_seconds(clock_.now()); }
};

TEST_F(Publish, goes_in_the_order_that_readers_and_crashes_rely_on) {
  Publication made = publication("a/b", {{"f", "1"}});
  made.tag = "v1";
  registry_.prepare_for_writing();
  store_.forget_changes();
  const std::string top_hash = publish_as(context_, made).top_hash;
  EXPECT_THAT(store_.changes(),
              ElementsAre(HasSubstr(".unio/sessions/"), layout::manifest(top_hash),
                          HasSubstr(layout::revisions(top_hash)), HasSubstr(".unio/intents/"),
                          pointer_key("a/b", "latest"), pointer_key("a/b", std::to_string(now())),
                          HasSubstr(".unio/reflog/a/b/latest/"), pointer_key("a/b", "v1"),
                          HasSubstr(".unio/reflog/a/b/v1/"), HasSubstr(".unio/feed/"),
                          HasSubstr("-.unio/intents/"), HasSubstr("-.unio/sessions/")));
}

TEST_F(Publish, writes_pointers_as_quilt3_reads_them) {
  const std::string top_hash = publish_file("a/b", "1", "v1");
  for (const std::string& pointer : {std::string("latest"), std::string("v1"), std::to_string(now())}) {
    EXPECT_EQ(read_object(memory_, pointer_key("a/b", pointer)), top_hash) << pointer;
  }
}

TEST_F(Publish, records_who_published_what_from_what) {
  Publication made = publication("a/b", {{"f", "123"}, {"g", "45"}}, "why");
  made.tag = "v1";
  made.parents = {std::string(64, 'a')};
  made.surroundings = surroundings();
  made.surroundings->logs = {{"pip_freeze.txt", "numpy==1.2\n"}};
  made.based_on = {"artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8"};
  const std::string top_hash = publish_as(context_of("eve"), made).top_hash;
  const auto records = keys(layout::revisions(top_hash));
  ASSERT_THAT(records, SizeIs(1));
  const Json record = Json::parse(read_object(memory_, records.front()));
  EXPECT_EQ(record.get_string("user"), "eve");
  EXPECT_EQ(record.get_string("host"), "here");
  EXPECT_EQ(record.get_string("package"), "a/b");
  EXPECT_EQ(record.get_string("top_hash"), top_hash);
  EXPECT_EQ(record.get_string("message"), "why");
  EXPECT_EQ(record.get_string("tag"), "v1");
  EXPECT_EQ(record.get_string("git_commit"), "4f7c2b1e9d-dirty");
  EXPECT_EQ(*record.find("based_on"), Json(Json::Array{made.based_on.front()}));
  const RevisionEnvironment environment = RevisionEnvironment::parse(*record.find("environment"));
  EXPECT_EQ(environment.environment, made.surroundings->environment);
  ASSERT_THAT(environment.logs, SizeIs(1));
  EXPECT_EQ(environment.logs[0].sha256, sha256(as_bytes("numpy==1.2\n")));
  EXPECT_EQ(read_object(memory_, environment.logs[0].object.value()), "numpy==1.2\n");
  EXPECT_EQ(record.get_integer("entries"), 2);
  EXPECT_EQ(record.get_integer("bytes"), 5);
  EXPECT_EQ(record.get_string("created"), format_time(clock_.now()));
  EXPECT_EQ(*record.find("parents"), Json(Json::Array{std::string(64, 'a')}));
}

TEST_F(Publish, records_nothing_of_the_surroundings_when_there_is_nothing) {
  const std::string top_hash = publish_as(context_, publication("a/b", {{"f", "1"}})).top_hash;
  const Json record = Json::parse(read_object(memory_, keys(layout::revisions(top_hash)).front()));
  for (const std::string_view member : {"environment", "git_commit", "based_on"})
    EXPECT_EQ(record.find(member), nullptr) << member;
}

TEST_F(Publish, leaves_the_manifest_as_it_is_whatever_is_recorded) {
  Publication made = publication("a/b", {{"f", "1"}}, "why");
  const std::string plain = publish_as(context_, made).top_hash;
  made.name = package("a/c");
  made.surroundings = surroundings();
  EXPECT_EQ(publish_as(context_, made).top_hash, plain);
  EXPECT_THAT(keys(".quilt/packages/"), SizeIs(1));
}

TEST_F(Publish, does_nothing_when_latest_and_tag_are_there_already) {
  Publication made = publication("a/b", {{"f", "1"}});
  made.tag = "v1";
  EXPECT_TRUE(publish_as(context_, made).published);
  store_.forget_changes();
  const PublishResult again = publish_as(context_, made);
  EXPECT_FALSE(again.published);
  EXPECT_EQ(again.previous_latest, again.top_hash);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(Publish, says_which_revision_was_latest_before) {
  const std::string first = publish_file("a/b", "1");
  EXPECT_EQ(publish_as(context_, publication("a/b", {{"f", "2"}})).previous_latest, first);
  EXPECT_EQ(publish_as(context_, publication("a/c", {{"f", "2"}})).previous_latest, std::nullopt);
}

TEST_F(Publish, adds_a_tag_to_what_is_latest_already) {
  const std::string top_hash = publish_file("a/b", "1");
  EXPECT_EQ(publish_file("a/b", "1", "v1"), top_hash);
  EXPECT_EQ(value("a/b", "v1"), top_hash);
}

TEST_F(Publish, moves_latest_whatever_others_published_meanwhile_and_keeps_all_in_the_history) {
  const std::string first = publish_file("a/b", "1");
  const Publication ours = publication("a/b", {{"f", "ours"}});
  const Publication theirs = publication("a/b", {{"f", "theirs"}});
  std::string their_hash;
  store_.before(StoreOperation::write, pointer_key("a/b", "latest"), [&] {
    Registry registry(memory_, context_);
    PushSession session(registry, context_);
    their_hash = publish(registry, session, context_, theirs).top_hash;
  });
  const PublishResult result = publish_as(context_, ours);
  EXPECT_EQ(value("a/b", "latest"), result.top_hash);
  EXPECT_EQ(result.previous_latest, their_hash);
  EXPECT_THAT(history("a/b"),
              ElementsAre(Pair(now(), first), Pair(now() + 1, their_hash), Pair(now() + 2, result.top_hash)));
}

TEST_F(Publish, takes_the_next_free_second_when_this_one_is_taken) {
  const PublishResult first = publish_as(context_, publication("a/b", {{"f", "1"}}));
  const PublishResult second = publish_as(context_, publication("a/b", {{"f", "2"}}));
  EXPECT_THAT(history("a/b"), ElementsAre(Pair(now(), first.top_hash), Pair(now() + 1, second.top_hash)));
}

TEST_F(Publish, runs_ahead_of_the_clock_without_gaps_when_there_are_many_in_a_second) {
  std::vector<std::int64_t> seconds;
  for (std::int64_t i = 0; i < 40; ++i) {
    publish_as(context_, publication("a/b", {{"f", std::to_string(i)}}));
    seconds.push_back(now() + i);
  }
  std::vector<std::int64_t> found;
  for (const auto& [second, hash] : history("a/b")) found.push_back(second);
  EXPECT_EQ(found, seconds);
}

TEST_F(Publish, keeps_a_revision_that_comes_back_within_a_second_in_the_history) {
  const Publication one = publication("a/b", {{"f", "1"}});
  const Publication two = publication("a/b", {{"f", "2"}});
  const std::string first = publish_as(context_, one).top_hash;
  const std::string second = publish_as(context_, two).top_hash;
  publish_as(context_, one);
  EXPECT_EQ(value("a/b", "latest"), first);
  EXPECT_THAT(history("a/b"),
              ElementsAre(Pair(now(), first), Pair(now() + 1, second), Pair(now() + 2, first)));
}

// Tags.

TEST_F(Publish, refuses_before_anything_is_written_when_the_tag_is_elsewhere) {
  const std::string theirs = publish_file("a/b", "1", "v1");
  Publication ours = publication("a/b", {{"f", "2"}});
  ours.tag = "v1";
  ours.known_tag = std::string(64, 'a');
  store_.forget_changes();
  const Error error = caught([&] { publish_as(context_, ours); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(theirs), HasSubstr(std::string(64, 'a'))));
  EXPECT_EQ(value("a/b", "latest"), theirs);
  EXPECT_THAT(store_.changes(), ElementsAre(HasSubstr(".unio/sessions/"), HasSubstr("-.unio/sessions/")));
}

TEST_F(Publish, moves_a_tag_from_the_value_that_the_builder_knew) {
  const std::string first = publish_file("a/b", "1", "v1");
  Publication next = publication("a/b", {{"f", "2"}});
  next.tag = "v1";
  next.known_tag = first;
  EXPECT_EQ(value("a/b", "v1"), first);
  const std::string second = publish_as(context_, next).top_hash;
  EXPECT_EQ(value("a/b", "v1"), second);
}

TEST_F(Publish, makes_a_tag_again_that_was_deleted_since) {
  Publication next = publication("a/b", {{"f", "2"}});
  next.tag = "v1";
  next.known_tag = std::string(64, 'a');
  const std::string top_hash = publish_as(context_, next).top_hash;
  EXPECT_EQ(value("a/b", "v1"), top_hash);
}

TEST_F(Publish, moves_a_tag_by_force_and_keeps_its_value_in_the_reflog) {
  const std::string theirs = publish_file("a/b", "1", "v1");
  Publication ours = publication("a/b", {{"f", "2"}});
  ours.tag = "v1";
  ours.force = Force::yes;
  clock_.advance(std::chrono::seconds(1));
  const std::string top_hash = publish_as(context_, ours).top_hash;
  EXPECT_EQ(value("a/b", "v1"), top_hash);
  EXPECT_EQ(reflog(registry_, package("a/b"), "v1").front().from, theirs);
}

TEST_F(Publish, says_that_latest_moved_when_the_tag_was_lost_at_the_last_moment) {
  const std::string first = publish_file("a/b", "1", "v1");
  const std::string theirs(64, 'c');
  Publication ours = publication("a/b", {{"f", "2"}});
  ours.tag = "v1";
  ours.known_tag = first;
  store_.before(StoreOperation::write, pointer_key("a/b", "v1"),
                [&] { write(pointer_key("a/b", "v1"), theirs); });
  const Error error = caught([&] { publish_as(context_, ours); });
  const std::string top_hash = ours.manifest.top_hash();
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(),
              AllOf(HasSubstr(top_hash), HasSubstr("was published"), HasSubstr("'latest' moved"),
                    HasSubstr("'v1'"), HasSubstr(theirs), HasSubstr(first)));
  EXPECT_EQ(value("a/b", "latest"), top_hash);
  EXPECT_EQ(value("a/b", "v1"), theirs);
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
  EXPECT_THAT(reflog(registry_, package("a/b"), "v1"), SizeIs(1));
}

TEST_F(Publish, publishes_nothing_when_whoever_was_faster_has_moved_the_tag_as_well) {
  const std::string first = publish_file("a/b", "1", "v1");
  const auto of_v1 = [&](const std::string& content) {
    Publication made = publication("a/b", {{"f", content}});
    made.tag = "v1";
    made.known_tag = first;
    return made;
  };
  const Publication ours = of_v1("ours");
  std::string theirs;
  store_.before(StoreOperation::write, pointer_key("a/b", "latest"), [&] {
    Registry registry(memory_, context_);
    PushSession session(registry, context_);
    theirs = publish(registry, session, context_, of_v1("theirs")).top_hash;
  });
  const Error error = caught([&] { publish_as(context_, ours); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(theirs), Not(HasSubstr("was published"))));
  EXPECT_EQ(value("a/b", "latest"), theirs);
  EXPECT_EQ(value("a/b", "v1"), theirs);
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
}

TEST_F(Publish, lets_one_of_many_win_a_tag_and_loses_no_revision) {
  constexpr int writers = 8;
  std::vector<Publication> publications;
  for (int i = 0; i < writers; ++i) {
    publications.push_back(publication("a/b", {{"f", std::to_string(i)}}));
    publications.back().tag = "v1";
  }
  Synchronized<std::vector<std::string>> conflicts;
  {
    std::vector<std::jthread> threads;
    for (const Publication& made : publications) {
      threads.emplace_back([&] {
        try {
          publish_as(context_, made);
        } catch (const Error& error) {
          conflicts.lock()->push_back(std::string(info(error.code()).name) + ": " + error.message());
        }
      });
    }
  }
  const std::string winner = value("a/b", "v1");
  EXPECT_THAT(*conflicts.lock(),
              AllOf(SizeIs(writers - 1), testing::Each(AllOf(HasSubstr("conflict"), HasSubstr(winner)))));
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
  EXPECT_THAT(keys(std::string(layout::sessions)), IsEmpty());
  // Whoever moved `latest` is in the history.
  const auto moves = reflog(registry_, package("a/b"), "latest");
  EXPECT_GE(moves.size(), 1U);
  for (const ReflogEntry& move : moves) {
    EXPECT_THAT(history("a/b"), testing::Contains(Pair(testing::_, *move.to)));
  }
}

TEST_F(Publish, loses_no_publication_of_many_that_push_without_a_tag) {
  constexpr int writers = 8;
  std::vector<Publication> publications;
  for (int i = 0; i < writers; ++i) publications.push_back(publication("a/b", {{"f", std::to_string(i)}}));
  {
    std::vector<std::jthread> threads;
    for (const Publication& made : publications) threads.emplace_back([&] { publish_as(context_, made); });
  }
  EXPECT_THAT(history("a/b"), SizeIs(writers));
  for (const Publication& made : publications) {
    EXPECT_THAT(history("a/b"), testing::Contains(Pair(testing::_, made.manifest.top_hash())));
  }
  EXPECT_THAT(keys(std::string(layout::feed)), SizeIs(writers));
}

}  // namespace
}  // namespace unio::test
