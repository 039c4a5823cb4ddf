#include "engine/publish.hpp"

#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class InterruptedPublish : public EngineTest {
 protected:
  std::string pointer_key(const std::string& name, const std::string& pointer) {
    return layout::pointer(package(name), pointer);
  }
};

TEST_F(InterruptedPublish, shows_no_revision_when_it_died_before_latest_and_succeeds_when_run_again) {
  for (const std::string point : {"after_session", "after_manifest", "after_revision", "after_intent"}) {
    Publication made = publication("a/b", {{"f", point}});
    made.tag = "v1";
    made.known_tag =
        registry_.find_pointer(package("a/b"), "v1") ? std::optional(value("a/b", "v1")) : std::nullopt;
    const std::string before = value("a/b", "latest");
    EXPECT_UNIO_ERROR(publish_as(failing_at("push." + point), made), unavailable);
    kill_owners();
    EXPECT_EQ(value("a/b", "latest"), before) << point;
    EXPECT_TRUE(publish_as(context_, made).published) << point;
    EXPECT_EQ(value("a/b", "latest"), made.manifest.top_hash()) << point;
    EXPECT_EQ(value("a/b", "v1"), made.manifest.top_hash()) << point;
    EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty()) << point;
  }
  EXPECT_THAT(history("a/b"), SizeIs(4));
}

TEST_F(InterruptedPublish, is_completed_by_running_it_again_when_it_died_after_latest) {
  std::size_t publications = 0;
  for (const std::string point : {"after_latest", "after_timestamp", "after_tag", "after_feed"}) {
    Publication made = publication("a/b", {{"f", point}});
    made.tag = "v1";
    made.known_tag =
        registry_.find_pointer(package("a/b"), "v1") ? std::optional(value("a/b", "v1")) : std::nullopt;
    EXPECT_UNIO_ERROR(publish_as(failing_at("push." + point), made), unavailable);
    kill_owners();
    publish_as(context_, made);
    ++publications;
    EXPECT_EQ(value("a/b", "v1"), made.manifest.top_hash()) << point;
    EXPECT_THAT(history("a/b"), SizeIs(publications)) << point;
    EXPECT_THAT(reflog(registry_, package("a/b"), "latest"), SizeIs(publications)) << point;
    EXPECT_THAT(reflog(registry_, package("a/b"), "v1"), SizeIs(publications)) << point;
    EXPECT_THAT(keys(std::string(layout::feed)), SizeIs(publications)) << point;
    EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty()) << point;
  }
}

TEST_F(InterruptedPublish, completes_another_push_that_died_before_it_moves_latest_away) {
  const Publication theirs = publication("a/b", {{"f", "theirs"}});
  EXPECT_UNIO_ERROR(publish_as(failing_at("push.after_latest"), theirs), unavailable);
  EXPECT_THAT(history("a/b"), IsEmpty());
  const std::string ours = publish_file("a/b", "ours");
  EXPECT_THAT(history("a/b"),
              ElementsAre(Pair(testing::_, theirs.manifest.top_hash()), Pair(testing::_, ours)));
}

TEST_F(InterruptedPublish, is_in_the_history_although_the_answer_about_latest_was_lost) {
  const Publication made = publication("a/b", {{"f", "1"}});
  store_.after(StoreOperation::write, pointer_key("a/b", "latest"),
               [] { throw Error(ErrorCode::unavailable, "the answer was lost"); });
  EXPECT_UNIO_ERROR(publish_as(context_, made), unavailable);
  EXPECT_EQ(value("a/b", "latest"), made.manifest.top_hash());
  publish_as(context_, made);
  EXPECT_THAT(history("a/b"), SizeIs(1));
  EXPECT_THAT(keys(std::string(layout::feed)), SizeIs(1));
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
}

TEST_F(InterruptedPublish, orders_the_reflog_by_when_latest_moved_not_by_when_the_push_began) {
  const Publication slow = publication("a/b", {{"f", "slow"}});
  const Publication quick = publication("a/b", {{"f", "quick"}});
  store_.before(StoreOperation::publish, layout::manifest(slow.manifest.top_hash()), [&] {
    clock_.advance(std::chrono::minutes(1));
    const Registry registry(memory_, context_);
    PushSession session(registry, context_);
    publish(registry, session, context_, quick);
    clock_.advance(std::chrono::minutes(1));
  });
  publish_as(context_, slow);
  EXPECT_EQ(reflog(registry_, package("a/b"), "latest").front().to, slow.manifest.top_hash());
  EXPECT_EQ(history("a/b").back().second, slow.manifest.top_hash());
}

TEST_F(InterruptedPublish, does_not_write_where_an_unknown_feature_is_required) {
  const std::string format = R"({"format": "unio-registry", "version": 1, "required": ["packs"]})";
  const Publication made = publication("a/b", {{"f", "1"}});
  write(std::string(layout::format), format);
  store_.forget_changes();
  EXPECT_UNIO_ERROR(publish_as(context_, made), unsupported);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(InterruptedPublish, stops_before_latest_moves_when_it_is_asked_to) {
  const Publication made = publication("a/b", {{"f", "1"}});
  store_.after(StoreOperation::publish, ".quilt/packages/", [&] { stop_.request_stop(); });
  EXPECT_UNIO_ERROR(publish_as(context_, made), cancelled);
  EXPECT_EQ(value("a/b", "latest"), "absent");
}

}  // namespace
}  // namespace unio::test
