#include <unistd.h>

#include "engine/pointer_moves.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Intents : public EngineTest {
 protected:
  Intent intent(Intent::Kind kind, std::vector<PointerMove> moves) {
    Intent intent;
    intent.kind = kind;
    intent.op_id = random_id(random_);
    intent.name = package("a/b");
    intent.moves = std::move(moves);
    if (kind == Intent::Kind::push) intent.timestamp = unix_seconds(clock_.now());
    intent.created = clock_.now();
    intent.user = "bob";
    intent.host = "here";
    intent.process = dead_process;
    return intent;
  }

  void point(const std::string& pointer, const std::string& top_hash) {
    write(layout::pointer(package("a/b"), pointer), top_hash);
  }

  void recover_package() { recover(registry_, context_, package("a/b")); }

  std::vector<std::string> intents() { return keys(std::string(layout::intents)); }

  const std::string one_ = std::string(64, '1');
  const std::string two_ = std::string(64, '2');
  const std::string three_ = std::string(64, '3');
};

TEST_F(Intents, read_back_what_was_written) {
  Intent before = intent(Intent::Kind::push, {{"latest", std::nullopt, one_}, {"v1", two_, one_}});
  before.message = "a \"message\"\n";
  before.created += std::chrono::microseconds(7);
  const Intent after = Intent::parse(before.dump());
  EXPECT_EQ(after.kind, Intent::Kind::push);
  EXPECT_EQ(after.op_id, before.op_id);
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.timestamp, before.timestamp);
  EXPECT_EQ(after.message, before.message);
  EXPECT_EQ(after.created, before.created);
  EXPECT_EQ(after.user, "bob");
  EXPECT_EQ(after.host, "here");
  EXPECT_EQ(after.process, dead_process);
  ASSERT_EQ(after.moves.size(), 2U);
  EXPECT_EQ(after.moves[1].pointer, "v1");
  EXPECT_EQ(after.moves[1].from, two_);
  EXPECT_EQ(after.moves[1].to, one_);
  EXPECT_EQ(after.moves[0].from, std::nullopt);
}

TEST_F(Intents, are_named_like_the_commands) {
  EXPECT_EQ(operation_name(Intent::Kind::push), "push");
  EXPECT_EQ(operation_name(Intent::Kind::tag), "tag");
  EXPECT_EQ(operation_name(Intent::Kind::rollback), "rollback");
  EXPECT_EQ(operation_name(Intent::Kind::remove), "delete");
}

TEST_F(Intents, are_damaged_when_a_step_could_not_be_done_by_them) {
  Intent no_moves = intent(Intent::Kind::tag, {});
  EXPECT_UNIO_ERROR(Intent::parse(no_moves.dump()), corruption);
  Intent no_second = intent(Intent::Kind::push, {{"latest", std::nullopt, one_}});
  no_second.timestamp.reset();
  EXPECT_UNIO_ERROR(Intent::parse(no_second.dump()), corruption);
  EXPECT_UNIO_ERROR(Intent::parse(intent(Intent::Kind::push, {{"latest", one_, std::nullopt}}).dump()),
                    corruption);
  EXPECT_UNIO_ERROR(Intent::parse(intent(Intent::Kind::tag, {{"../x", one_, two_}}).dump()), corruption);
}

TEST_F(Intents, of_a_dead_push_whose_latest_moved_are_completed) {
  point("latest", one_);
  point("v1", two_);
  Intent push = intent(Intent::Kind::push, {{"latest", three_, one_}, {"v1", two_, one_}});
  push.message = "the message";
  write_intent(registry_, push);
  clock_.advance(std::chrono::hours(5));
  recover_package();
  EXPECT_EQ(value("a/b", std::to_string(*push.timestamp)), one_);
  EXPECT_EQ(value("a/b", "v1"), one_);
  ASSERT_THAT(reflog(registry_, package("a/b"), "latest"), SizeIs(1));
  EXPECT_EQ(reflog(registry_, package("a/b"), "latest").front().from, three_);
  EXPECT_EQ(reflog(registry_, package("a/b"), "latest").front().user, "bob");
  EXPECT_THAT(reflog(registry_, package("a/b"), "v1"), SizeIs(1));
  const auto feed = keys(std::string(layout::feed));
  ASSERT_THAT(feed, SizeIs(1));
  EXPECT_THAT(read_object(memory_, feed.front()), testing::AllOf(HasSubstr("the message"), HasSubstr("bob")));
  EXPECT_THAT(intents(), IsEmpty());
}

TEST_F(Intents, are_completed_once_however_often_and_by_whomever_it_is_tried) {
  point("latest", one_);
  const Intent push = intent(Intent::Kind::push, {{"latest", two_, one_}, {"v1", std::nullopt, one_}});
  for (int i = 0; i < 3; ++i) {
    write_intent(registry_, push);
    recover_package();
  }
  EXPECT_THAT(history("a/b"), SizeIs(1));
  EXPECT_THAT(reflog(registry_, package("a/b"), "latest"), SizeIs(1));
  EXPECT_THAT(reflog(registry_, package("a/b"), "v1"), SizeIs(1));
  EXPECT_THAT(keys(std::string(layout::feed)), SizeIs(1));
}

TEST_F(Intents, of_a_live_push_whose_latest_moved_are_completed_too) {
  point("latest", one_);
  Intent push = intent(Intent::Kind::push, {{"latest", std::nullopt, one_}});
  push.process = ::getpid();
  write_intent(registry_, push);
  recover_package();
  EXPECT_THAT(history("a/b"), SizeIs(1));
}

TEST_F(Intents, of_a_dead_process_that_moved_nothing_are_cleared) {
  point("latest", two_);
  write_intent(registry_, intent(Intent::Kind::push, {{"latest", two_, one_}, {"v1", std::nullopt, one_}}));
  write_intent(registry_, intent(Intent::Kind::tag, {{"v2", std::nullopt, one_}}));
  recover_package();
  EXPECT_THAT(intents(), IsEmpty());
  EXPECT_THAT(history("a/b"), IsEmpty());
  EXPECT_EQ(value("a/b", "v1"), "absent");
  EXPECT_THAT(reflog(registry_, package("a/b"), "latest"), IsEmpty());
}

TEST_F(Intents, of_a_live_process_that_moved_nothing_yet_are_left_alone) {
  Intent live = intent(Intent::Kind::tag, {{"v1", std::nullopt, one_}});
  live.process = ::getpid();
  write_intent(registry_, live);
  recover_package();
  EXPECT_THAT(intents(), SizeIs(1));
}

TEST_F(Intents, of_another_host_are_left_alone_for_an_hour) {
  Intent other = intent(Intent::Kind::tag, {{"v1", std::nullopt, one_}});
  other.host = "elsewhere";
  write_intent(registry_, other);
  clock_.advance(std::chrono::minutes(59));
  recover_package();
  EXPECT_THAT(intents(), SizeIs(1));
  clock_.advance(std::chrono::minutes(2));
  recover_package();
  EXPECT_THAT(intents(), IsEmpty());
}

/// The number of a dead process is given to another one sooner or later.
TEST_F(Intents, do_not_stay_for_ever_because_a_process_has_the_same_number) {
  Intent reused = intent(Intent::Kind::tag, {{"v1", std::nullopt, one_}});
  reused.process = ::getpid();
  write_intent(registry_, reused);
  clock_.advance(std::chrono::hours(2));
  recover_package();
  EXPECT_THAT(intents(), IsEmpty());
}

TEST_F(Intents, of_a_dead_tag_rollback_or_delete_that_took_effect_get_their_reflog) {
  point("v1", one_);
  point("latest", two_);
  write_intent(registry_, intent(Intent::Kind::tag, {{"v1", std::nullopt, one_}}));
  write_intent(registry_, intent(Intent::Kind::rollback, {{"latest", one_, two_}}));
  write_intent(registry_, intent(Intent::Kind::remove, {{"gone", one_, std::nullopt}}));
  recover_package();
  EXPECT_EQ(reflog(registry_, package("a/b"), "v1").front().operation, "tag");
  EXPECT_EQ(reflog(registry_, package("a/b"), "latest").front().operation, "rollback");
  EXPECT_EQ(reflog(registry_, package("a/b"), "gone").front().operation, "delete");
  EXPECT_THAT(intents(), IsEmpty());
  EXPECT_THAT(history("a/b"), IsEmpty());
}

TEST_F(Intents, of_other_packages_are_left_alone) {
  Intent other = intent(Intent::Kind::tag, {{"v1", std::nullopt, one_}});
  other.name = package("a/other");
  write_intent(registry_, other);
  recover_package();
  EXPECT_THAT(intents(), SizeIs(1));
}

TEST_F(Intents, that_cannot_be_read_are_named_and_stop_nobody) {
  for (const std::string_view content : {"", "{}", "[1]", R"({"operation": "teleport"})"}) {
    write(std::string(layout::intents) + std::to_string(content.size()) + ".json", content);
  }
  point("latest", one_);
  write_intent(registry_, intent(Intent::Kind::push, {{"latest", std::nullopt, one_}}));
  recover_package();
  EXPECT_THAT(history("a/b"), SizeIs(1));
  EXPECT_THAT(progress_.warnings(), SizeIs(4));
  EXPECT_THAT(progress_.warnings(), testing::Contains(HasSubstr(".unio/intents/0.json")));
  EXPECT_THAT(intents(), SizeIs(4));
}

TEST_F(Intents, are_neither_completed_nor_cleared_where_an_unknown_feature_is_required) {
  point("latest", one_);
  write_intent(registry_, intent(Intent::Kind::push, {{"latest", std::nullopt, one_}}));
  write(std::string(layout::format), R"({"format": "unio-registry", "version": 1, "required": ["packs"]})");
  store_.forget_changes();
  EXPECT_UNIO_ERROR(recover_package(), unsupported);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(Intents, whose_owner_ends_while_they_are_listed_are_skipped) {
  const Intent push = intent(Intent::Kind::push, {{"latest", std::nullopt, one_}});
  write_intent(registry_, push);
  store_.before(StoreOperation::read, layout::intent(push.op_id),
                [&] { memory_.remove(layout::intent(push.op_id), Condition::none()); });
  EXPECT_NO_THROW(recover_package());
}

TEST_F(Intents, give_the_tag_up_that_somebody_else_moved_and_write_no_move_of_it) {
  point("latest", one_);
  point("v1", three_);
  write_intent(registry_, intent(Intent::Kind::push, {{"latest", std::nullopt, one_}, {"v1", two_, one_}}));
  recover_package();
  EXPECT_EQ(value("a/b", "v1"), three_);
  EXPECT_THAT(reflog(registry_, package("a/b"), "v1"), IsEmpty());
  EXPECT_THAT(history("a/b"), SizeIs(1));
  EXPECT_THAT(intents(), IsEmpty());
}

TEST_F(Intents, take_the_next_second_when_theirs_belongs_to_another_publication) {
  point("latest", one_);
  const Intent push = intent(Intent::Kind::push, {{"latest", std::nullopt, one_}});
  point(std::to_string(*push.timestamp), two_);
  point(std::to_string(*push.timestamp + 1), three_);
  write_intent(registry_, push);
  recover_package();
  EXPECT_EQ(value("a/b", std::to_string(*push.timestamp + 2)), one_);
}

}  // namespace
}  // namespace unio::test
