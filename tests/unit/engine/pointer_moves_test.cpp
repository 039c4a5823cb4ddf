#include "engine/pointer_moves.hpp"

#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PointerMoves : public EngineTest {
 protected:
  std::optional<std::string> move(const std::string& pointer, std::optional<std::string> from,
                                  std::optional<std::string> to, Force force = Force::no) {
    return move_pointer(registry_, context_, package("a/b"), Intent::Kind::tag,
                        {pointer, std::move(from), std::move(to)}, force);
  }

  /// What another process does between our look at a pointer and our write.
  void meanwhile_point(const std::string& pointer, const std::string& top_hash) {
    const std::string key = layout::pointer(package("a/b"), pointer);
    store_.before(StoreOperation::write, key, [this, key, top_hash] { write(key, top_hash); });
  }

  std::vector<ReflogEntry> moves(const std::string& pointer) {
    return reflog(registry_, package("a/b"), pointer);
  }

  const std::string one_ = std::string(64, '1');
  const std::string two_ = std::string(64, '2');
  const std::string three_ = std::string(64, '3');
};

TEST_F(PointerMoves, makes_moves_and_removes_a_pointer_and_says_what_was_there) {
  EXPECT_EQ(move("v1", std::nullopt, one_), std::nullopt);
  EXPECT_EQ(value("a/b", "v1"), one_);
  EXPECT_EQ(move("v1", one_, two_), one_);
  EXPECT_EQ(value("a/b", "v1"), two_);
  EXPECT_EQ(move("v1", two_, std::nullopt), two_);
  EXPECT_EQ(value("a/b", "v1"), "absent");
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
}

TEST_F(PointerMoves, writes_the_intent_before_and_reflog_and_feed_after_the_pointer) {
  registry_.prepare_for_writing();
  store_.forget_changes();
  move("v1", std::nullopt, one_);
  EXPECT_THAT(store_.changes(), ElementsAre(HasSubstr(".unio/intents/"), ".quilt/named_packages/a/b/v1",
                                            HasSubstr(".unio/reflog/a/b/v1/"), HasSubstr(".unio/feed/"),
                                            HasSubstr("-.unio/intents/")));
}

TEST_F(PointerMoves, takes_a_pointer_that_is_there_already_for_success) {
  move("v1", std::nullopt, one_);
  store_.forget_changes();
  EXPECT_EQ(move("v1", three_, one_), one_);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(PointerMoves, names_both_hashes_when_the_pointer_is_elsewhere_and_changes_nothing) {
  move("v1", std::nullopt, one_);
  store_.forget_changes();
  const Error error = caught([&] { move("v1", two_, three_); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(one_), HasSubstr(two_), HasSubstr(three_)));
  EXPECT_THAT(error.hint(), HasSubstr("--force"));
  EXPECT_THAT(store_.changes(), IsEmpty());
}

TEST_F(PointerMoves, refuses_to_make_a_pointer_that_somebody_made_at_the_same_moment) {
  meanwhile_point("v1", two_);
  const Error error = caught([&] { move("v1", std::nullopt, one_); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(one_), HasSubstr(two_), HasSubstr("absent")));
  EXPECT_EQ(value("a/b", "v1"), two_);
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
}

TEST_F(PointerMoves, does_not_overwrite_what_another_process_put_there_at_the_same_moment) {
  move("v1", std::nullopt, one_);
  meanwhile_point("v1", two_);
  EXPECT_UNIO_ERROR(move("v1", one_, three_), conflict);
  EXPECT_EQ(value("a/b", "v1"), two_);
  EXPECT_THAT(moves("v1"), testing::SizeIs(1));
}

TEST_F(PointerMoves, does_not_remove_what_another_process_put_there_at_the_same_moment) {
  move("v1", std::nullopt, one_);
  const std::string key = layout::pointer(package("a/b"), "v1");
  store_.before(StoreOperation::remove, key, [&] { write(key, two_); });
  EXPECT_UNIO_ERROR(move("v1", one_, std::nullopt), conflict);
  EXPECT_EQ(value("a/b", "v1"), two_);
}

TEST_F(PointerMoves, moves_a_pointer_by_force_whatever_it_becomes_meanwhile_and_keeps_its_value) {
  move("v1", std::nullopt, one_);
  clock_.advance(std::chrono::seconds(1));
  meanwhile_point("v1", two_);
  EXPECT_EQ(move("v1", std::nullopt, three_, Force::yes), two_);
  EXPECT_EQ(value("a/b", "v1"), three_);
  EXPECT_EQ(moves("v1").front().from, two_);
}

TEST_F(PointerMoves, keeps_every_move_in_the_reflog_newest_first) {
  for (const auto& [from, to] :
       {std::pair{std::optional<std::string>(), one_}, {one_, two_}, {two_, three_}}) {
    clock_.advance(std::chrono::milliseconds(5));
    move("v1", from, to);
  }
  const auto entries = moves("v1");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].from, two_);
  EXPECT_EQ(entries[0].to, three_);
  EXPECT_EQ(entries[0].operation, "tag");
  EXPECT_EQ(entries[0].user, "ann");
  EXPECT_EQ(entries[0].when, clock_.now());
  EXPECT_EQ(entries[2].from, std::nullopt);
  EXPECT_EQ(entries[2].to, one_);
}

TEST_F(PointerMoves, orders_moves_of_the_same_millisecond_by_their_time) {
  std::optional<std::string> from;
  for (const char digit : std::string("123456789")) {
    clock_.advance(std::chrono::microseconds(1));
    const std::string to(64, digit);
    move("v1", from, to);
    from = to;
  }
  EXPECT_EQ(moves("v1").front().to, std::string(64, '9'));
  EXPECT_EQ(moves("v1").back().to, std::string(64, '1'));
}

TEST_F(PointerMoves, does_not_mix_the_reflog_of_a_tag_with_that_of_a_package_of_the_same_path) {
  move_pointer(registry_, context_, package("ds"), Intent::Kind::tag, {"v0", std::nullopt, one_}, Force::no);
  move_pointer(registry_, context_, package("ds"), Intent::Kind::tag, {"v0", one_, std::nullopt}, Force::no);
  clock_.advance(std::chrono::seconds(1));
  move_pointer(registry_, context_, package("ds/v0"), Intent::Kind::tag, {"latest", std::nullopt, two_},
               Force::no);
  EXPECT_THAT(reflog(registry_, package("ds"), "v0"), testing::SizeIs(2));
  EXPECT_THAT(reflog(registry_, package("ds/v0"), "latest"), testing::SizeIs(1));
}

TEST_F(PointerMoves,
       leaves_the_intent_of_a_write_whose_answer_was_lost_so_that_the_next_command_completes_it) {
  const std::string key = layout::pointer(package("a/b"), "v1");
  store_.after(StoreOperation::write, key,
               [] { throw Error(ErrorCode::unavailable, "the answer was lost"); });
  EXPECT_UNIO_ERROR(move("v1", std::nullopt, one_), unavailable);
  EXPECT_EQ(value("a/b", "v1"), one_);
  EXPECT_THAT(moves("v1"), IsEmpty());
  move("other", std::nullopt, one_);
  EXPECT_THAT(moves("v1"), testing::SizeIs(1));
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
}

TEST_F(PointerMoves, does_not_write_where_an_unknown_feature_is_required) {
  write(std::string(layout::format), R"({"format": "unio-registry", "version": 1, "required": ["packs"]})");
  EXPECT_UNIO_ERROR(move("v1", std::nullopt, one_), unsupported);
  EXPECT_EQ(value("a/b", "v1"), "absent");
}

TEST_F(PointerMoves, stops_before_it_moves_anything_when_it_is_asked_to) {
  registry_.prepare_for_writing();
  stop_.request_stop();
  store_.forget_changes();
  EXPECT_UNIO_ERROR(move("v1", std::nullopt, one_), cancelled);
  EXPECT_THAT(store_.changes(), IsEmpty());
}

// A pointer and a folder of the same path.

TEST_F(PointerMoves, refuses_a_tag_beside_a_package_of_the_same_path) {
  publish_file("ds/v0", "x");
  const Error error = caught([&] { check_pointer_clash(registry_, package("ds"), "v0"); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("ds:v0"), HasSubstr("ds/v0")));
  EXPECT_UNIO_ERROR(publish_file("ds", "x", "v0"), invalid_argument);
  EXPECT_EQ(value("ds", "latest"), "absent");
}

TEST_F(PointerMoves, refuses_a_package_beside_a_tag_of_the_same_path) {
  publish_file("ds", "x", "v0");
  EXPECT_UNIO_ERROR(publish_file("ds/v0", "x"), invalid_argument);
  EXPECT_EQ(value("ds/v0", "latest"), "absent");
  EXPECT_UNIO_ERROR(publish_file("ds/latest", "x"), invalid_argument);
}

TEST_F(PointerMoves, allows_names_that_only_look_alike) {
  publish_file("ds/v0", "x");
  publish_file("ds", "x", "v01");
  publish_file("ds2", "x", "v0");
  EXPECT_NO_THROW(publish_file("other/v0", "x"));
}

TEST_F(PointerMoves, looks_for_a_clash_on_all_pages_of_a_listing) {
  publish_file("ds/v0", "x");
  class EmptyFirstPage final : public ObjectStore {
   public:
    explicit EmptyFirstPage(ObjectStore& inner) : inner_(inner) {}
    std::string url() const override { return inner_.url(); }
    std::optional<ObjectInfo> find(std::string_view key) override { return inner_.find(key); }
    ObjectInfo read(std::string_view key, ByteRange range, const ByteSink& sink) override {
      return inner_.read(key, range, sink);
    }
    ObjectInfo write(std::string_view key, Bytes content, const Condition& condition) override {
      return inner_.write(key, content, condition);
    }
    ObjectInfo copy(std::string_view from, std::string_view to, const Condition& condition) override {
      return inner_.copy(from, to, condition);
    }
    void remove(std::string_view key, const Condition& condition) override { inner_.remove(key, condition); }
    ListPage list(const ListOptions& options) override {
      if (options.start.empty()) return {.objects = {}, .folders = {}, .next = options.prefix};
      return inner_.list(options);
    }
    std::unique_ptr<WriteBatch> batch() override { return inner_.batch(); }

   private:
    ObjectStore& inner_;
  };
  EmptyFirstPage store(memory_);
  const Registry registry(store, context_);
  EXPECT_UNIO_ERROR(check_pointer_clash(registry, package("ds"), "v0"), invalid_argument);
}

/// On a folder a clash that comes up after the check must end in an error too, not in an endless loop.
TEST_F(PointerMoves, ends_with_an_error_when_a_package_of_the_same_path_appears_at_the_same_moment) {
  LocalStore folder(folder_.path() / "registry", random_);
  HookedStore store(folder);
  const Registry registry(store, context_);
  store.before(StoreOperation::write, "/ds/v0", [&] {
    folder.write(layout::pointer(package("ds/v0"), "latest"), as_bytes(two_), Condition::none());
  });
  EXPECT_UNIO_ERROR(move_pointer(registry, context_, package("ds"), Intent::Kind::tag,
                                 {"v0", std::nullopt, one_}, Force::no),
                    invalid_argument);
}

}  // namespace
}  // namespace unio::test
