#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "base/json.hpp"
#include "engine/publish.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class PushSessions : public EngineTest {
 protected:
  std::vector<std::string> sessions() { return keys(std::string(layout::sessions)); }
  void write_session(const std::string& id, const std::string& host, std::int64_t process) {
    const Json session = Json::object({{"format", 1}, {"id", id}, {"host", host}, {"process", process}});
    write(layout::session(id), session.dump());
  }
  void announce() {
    PushSession session(registry_, context_);
    session.announce();
  }
};

TEST_F(PushSessions, are_there_while_the_push_runs_and_gone_afterwards) {
  {
    PushSession session(registry_, context_);
    EXPECT_THAT(sessions(), IsEmpty());
    session.announce();
    session.announce();
    ASSERT_THAT(sessions(), SizeIs(1));
    const Json json = Json::parse(read_object(memory_, sessions().front()));
    EXPECT_EQ(json.get_string("user"), "ann");
    EXPECT_EQ(json.get_string("host"), "here");
    EXPECT_EQ(json.get_integer("process"), ::getpid());
  }
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(PushSessions, go_when_the_push_fails) {
  EXPECT_UNIO_ERROR(publish_as(failing_at("push.after_manifest"), publication("a/b", {{"f", "1"}})),
                    unavailable);
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(PushSessions, that_cannot_be_removed_do_not_turn_success_into_failure) {
  store_.before(StoreOperation::remove, std::string(layout::sessions),
                [] { throw Error(ErrorCode::unavailable, "no"); });
  EXPECT_TRUE(publish_as(context_, publication("a/b", {{"f", "1"}})).published);
}

TEST_F(PushSessions, of_dead_processes_on_this_host_are_swept) {
  write_session("dead", "here", dead_process);
  announce();
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(PushSessions, of_live_processes_and_of_other_hosts_stay_for_a_week) {
  write_session("live", "here", ::getpid());
  write_session("other", "elsewhere", dead_process);
  clock_.advance(std::chrono::hours(7 * 24 - 1));
  announce();
  EXPECT_THAT(sessions(), SizeIs(2));
  clock_.advance(std::chrono::hours(2));
  announce();
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(PushSessions, of_others_that_may_live_are_not_read_while_they_are_young) {
  Context elsewhere = context_;
  elsewhere.host = "elsewhere";
  PushSession here(registry_, context_), there(registry_, elsewhere);
  here.announce();
  there.announce();
  store_.before(StoreOperation::read, std::string(layout::sessions), [] { FAIL() << "it was read"; });
  announce();
  EXPECT_THAT(sessions(), SizeIs(2));
}

TEST_F(PushSessions, whose_names_tell_dead_owners_are_swept_at_once) {
  {
    PushSession session(registry_, context_);
    session.announce();
    session.leave();
  }
  ASSERT_TRUE(sessions().front().ends_with(fmt::format("-{}.json", ::getpid()))) << sessions().front();
  kill_session_owners();
  announce();
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(PushSessions, that_cannot_be_read_stop_nobody_and_go_after_a_week) {
  write(layout::session("torn"), "");
  write(layout::session("other"), "{\"host\": 1}");
  EXPECT_TRUE(publish_as(context_, publication("a/b", {{"f", "1"}})).published);
  EXPECT_THAT(sessions(), SizeIs(2));
  clock_.advance(std::chrono::hours(8 * 24));
  announce();
  EXPECT_THAT(sessions(), IsEmpty());
}

TEST_F(PushSessions, are_announced_once_by_many_threads) {
  PushSession session(registry_, context_);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { session.announce(); });
  }
  EXPECT_THAT(sessions(), SizeIs(1));
}

}  // namespace
}  // namespace unio::test
