#include "engine/feed.hpp"

#include "unit/engine/artifact_fixture.hpp"

namespace unio::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Counts what is asked of a store.
class FeedTest : public EngineTest {
 protected:
  Json entry(const std::string& op) {
    return Json::object(
        {{"op", op}, {"kind", "artifact"}, {"when", format_time(clock_.now())}, {"user", "ann"}});
  }

  void append(const std::string& op) { append_feed(registry_, entry(op), clock_.now(), context_); }

  void put_at(Time time, const std::string& op) {
    write(layout::feed_entry(time, op), entry(op).dump() + "\n");
  }

  std::vector<std::string> read() {
    std::vector<std::string> ops;
    const FeedReading reading = read_feed(registry_, {.after = position_}, context_,
                                          [&](const FeedEntry& e) { ops.push_back(e.op); });
    // As a reader keeps it.
    position_ = FeedPosition::parse(reading.position.text());
    return ops;
  }

  FeedPosition position_;
};

TEST_F(FeedTest, gives_every_entry_once_in_the_order_of_time) {
  append("a");
  clock_.advance(seconds(1));
  append("c");
  EXPECT_THAT(read(), ElementsAre("a", "c"));
  EXPECT_THAT(read(), IsEmpty());
  clock_.advance(seconds(1));
  append("b");
  EXPECT_THAT(read(), ElementsAre("b"));
  clock_.advance(hours(1000));
  append("d");
  EXPECT_THAT(read(), ElementsAre("d"));
}

TEST_F(FeedTest, asks_for_one_page_when_nothing_is_new) {
  for (int i = 0; i < 3000; ++i) {
    append("op" + std::to_string(i));
    clock_.advance(seconds(1));
  }
  EXPECT_THAT(read(), SizeIs(3000));
  int lists = 0;
  for (int i = 0; i < 5; ++i) store_.before(StoreOperation::list, "", [&] { ++lists; });
  store_.before(StoreOperation::read, "", [] { ADD_FAILURE() << "an entry was read again"; });
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_EQ(lists, 1);
}

TEST_F(FeedTest, does_not_miss_an_entry_that_comes_in_late_under_an_earlier_time) {
  append("now");
  EXPECT_THAT(read(), ElementsAre("now"));
  put_at(clock_.now() - minutes(4), "late");
  EXPECT_THAT(read(), ElementsAre("late"));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(FeedTest, writes_an_entry_under_the_time_of_the_store_when_the_writers_clock_is_wrong) {
  append("right");
  EXPECT_THAT(read(), ElementsAre("right"));
  for (const auto wrong : {-hours(48), hours(48)}) {
    FakeClock wrong_clock(clock_.now() + wrong);
    const Context context{stores_,   wrong_clock,       random_, environment_, processes_, failpoints_,
                          progress_, stop_.get_token(), 2,       "ann",        "here",     {}};
    const std::string op = wrong < hours(0) ? "slow" : "fast";
    append_feed(registry_, entry(op), wrong_clock.now(), context);
    EXPECT_THAT(read(), ElementsAre(op));
    EXPECT_EQ(keys(std::string(layout::feed)).back(), layout::feed_entry(clock_.now(), op));
    clock_.advance(seconds(1));
  }
  append("after");
  EXPECT_THAT(read(), ElementsAre("after"));
}

TEST_F(FeedTest, is_not_led_into_the_future_by_an_entry_ahead_of_the_store) {
  put_at(clock_.now() + hours(1000), "future");
  EXPECT_THAT(read(), ElementsAre("future"));
  append("now");
  EXPECT_THAT(read(), ElementsAre("now"));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(FeedTest, puts_an_entry_that_was_completed_late_where_readers_look) {
  const Time begun = clock_.now();
  clock_.advance(hours(5));
  append("before");
  EXPECT_THAT(read(), ElementsAre("before"));
  append_feed(registry_, entry("late"), begun, context_);
  EXPECT_THAT(read(), ElementsAre("late"));
}

TEST_F(FeedTest, gives_an_operation_once_that_stands_twice) {
  append("twice");
  clock_.advance(seconds(5));
  append("twice");
  EXPECT_THAT(read(), ElementsAre("twice"));
  clock_.advance(seconds(5));
  append("twice");
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(FeedTest, passes_over_what_it_cannot_read_with_a_warning) {
  append("a");
  write(layout::feed_entry(clock_.now(), "damaged"), "{\"op\": ");
  write(layout::feed_entry(clock_.now(), "other"), "[]");
  write(".unio/feed/2027/01/15/notes.txt", "mine");
  write(".unio/feed/2020/01/01/001800000000000-misplaced.json", entry("misplaced").dump());
  EXPECT_THAT(read(), ElementsAre("a"));
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr("damaged"), HasSubstr("other")));
}

TEST_F(FeedTest, reads_only_the_entries_that_are_wanted) {
  append("ab");
  append("cd");
  store_.before(StoreOperation::read, "-ab", [] { ADD_FAILURE() << "read what nobody wants"; });
  std::vector<std::string> ops;
  const FeedQuery query{.after = {}, .wanted = [](std::string_view op) { return op.starts_with("c"); }};
  read_feed(registry_, query, context_, [&](const FeedEntry& e) { ops.push_back(e.op); });
  EXPECT_THAT(ops, ElementsAre("cd"));
}

TEST_F(FeedTest, refuses_a_position_that_is_none) {
  for (const std::string text :
       {"", "{}", "{\"newest\":\"x\",\"known\":[]}", "[1]", "{\"newest\":\"2027-01-15T08:00:00Z\"}"})
    EXPECT_UNIO_ERROR(FeedPosition::parse(text), corruption);
  const FeedPosition odd =
      FeedPosition::parse("{\"newest\":\"2027-01-15T08:00:00Z\",\"known\":[\"\",\"x-\",1]}");
  append("a");
  read_feed(registry_, {.after = odd}, context_, [](const FeedEntry&) {});
}

/// The lines of tests/data/artifacts/feed.jsonl: of an artifact, and of a later revision of its metadata.
std::vector<std::string> golden_lines() {
  std::ifstream file(UNIO_TEST_DATA "/artifacts/feed.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

ArtifactRecord golden_record() {
  ArtifactRecord record;
  record.artifact_id = "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8";
  record.creation_time = parse_time("2023-12-03T13:42:55.338Z");
  record.environment.username = "andy";
  return record;
}

TEST_F(FeedTest, has_the_golden_bytes_and_reads_them) {
  ArtifactRecord record = golden_record();
  const std::string folder = layout::artifact_folder(record.creation_time, "andy", record.artifact_id);
  const Json first = artifact_feed_entry(record, folder, artifact_digits(record.artifact_id));
  record.revision = 2;
  record.revision_time = parse_time("2023-12-04T00:00:00Z");
  record.revised_by = "brenda";
  const Json second = artifact_feed_entry(record, folder, "000000000000000000000000000000aa");
  const std::vector<std::string> golden = golden_lines();
  EXPECT_THAT((std::vector{first.dump(), second.dump()}), testing::ElementsAreArray(golden));
  for (const Json& entry : {first, second}) append_feed(registry_, entry, clock_.now(), context_);
  for (const std::string& key : keys(std::string(layout::feed)))
    EXPECT_THAT(golden,
                testing::Contains(read_object(memory_, key).substr(0, read_object(memory_, key).size() - 1)));
  EXPECT_THAT(read(), testing::UnorderedElementsAre("b4c31f3ac25d4ddaaa74cab7245116f8",
                                                    "000000000000000000000000000000aa"));
}

class CompactionTest : public FeedTest {
 protected:
  void append_many(int count) {
    for (int i = 0; i < count; ++i) {
      append("op" + std::to_string(next_++));
      clock_.advance(seconds(1));
    }
  }

  std::vector<std::string> read_from_beginning() {
    position_ = {};
    return read();
  }

  int next_ = 0;
};

TEST_F(CompactionTest, leaves_the_same_entries_in_the_same_order) {
  append_many(2500);
  const auto before = read();
  const FeedPosition position = position_;
  clock_.advance(hours(25));
  append_many(10);
  EXPECT_EQ(compact_feed(registry_, context_), 2500U);
  EXPECT_THAT(keys(".unio/feed/"), SizeIs(11));
  position_ = position;
  EXPECT_THAT(read(), SizeIs(10)) << "a reader goes on where it was";
  const auto after = read_from_beginning();
  ASSERT_THAT(after, SizeIs(2510));
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_F(CompactionTest, keeps_each_line_and_adds_the_name_that_its_key_had) {
  append_many(1000);
  const std::string key = keys(std::string(layout::feed)).front();
  std::string line = read_object(memory_, key);
  const std::string name = key.substr(key.rfind('/') + 1, 15 + 1 + 3);
  line.replace(line.size() - 2, 2, ",\"name\":\"" + name + "\"}\n");
  clock_.advance(hours(25));
  compact_feed(registry_, context_);
  const std::string compacted = read_object(memory_, keys(".unio/feed/compacted/").front());
  EXPECT_TRUE(compacted.starts_with(line)) << line << compacted.substr(0, 300);
}

TEST_F(CompactionTest, waits_until_there_are_enough_old_ones) {
  append_many(999);
  clock_.advance(hours(25));
  append_many(500);
  EXPECT_EQ(compact_feed(registry_, context_), 0U);
  EXPECT_THAT(keys(".unio/feed/"), SizeIs(1499));
}

TEST_F(CompactionTest, takes_the_last_compacted_object_into_the_next_until_it_is_full) {
  for (int i = 0; i < 12; ++i) {
    append_many(1000);
    clock_.advance(hours(25));
    EXPECT_EQ(compact_feed(registry_, context_), 1000U);
  }
  EXPECT_THAT(keys(".unio/feed/compacted/"), SizeIs(2));
  EXPECT_THAT(read_from_beginning(), SizeIs(12'000));
}

TEST_F(CompactionTest, costs_a_reader_from_the_beginning_few_requests) {
  append_many(30'000);
  clock_.advance(hours(25));
  compact_feed(registry_, context_);
  int requests = 0;
  for (int i = 0; i < 100; ++i) store_.before(StoreOperation::list, "", [&] { ++requests; });
  for (int i = 0; i < 100; ++i) store_.before(StoreOperation::read, "", [&] { ++requests; });
  EXPECT_THAT(read_from_beginning(), SizeIs(30'000));
  EXPECT_LE(requests, 4);
}

TEST_F(CompactionTest, while_somebody_reads_hides_nothing) {
  append_many(1500);
  clock_.advance(hours(25));
  // After the listing, before the entries are read.
  store_.after(StoreOperation::list, "", [&] { EXPECT_EQ(compact_feed(registry_, context_), 1500U); });
  EXPECT_THAT(read(), SizeIs(1500));
}

TEST_F(CompactionTest, by_two_at_once_loses_nothing) {
  append_many(1500);
  clock_.advance(hours(25));
  store_.before(StoreOperation::write, ".unio/feed/compacted/",
                [&] { EXPECT_EQ(compact_feed(registry_, context_), 1500U); });
  compact_feed(registry_, context_);
  EXPECT_THAT(read_from_beginning(), SizeIs(1500));
}

TEST_F(CompactionTest, that_fails_half_way_loses_nothing) {
  append_many(1500);
  clock_.advance(hours(25));
  store_.before(StoreOperation::remove, ".unio/feed/", [] { throw Error(ErrorCode::unavailable, "away"); });
  EXPECT_UNIO_ERROR(compact_feed(registry_, context_), unavailable);
  EXPECT_THAT(read_from_beginning(), SizeIs(1500));
  compact_feed(registry_, context_);
  EXPECT_THAT(read_from_beginning(), SizeIs(1500));
}

TEST_F(CompactionTest, is_done_by_readers_who_may_write_and_by_nobody_else) {
  append_many(1500);
  clock_.advance(hours(25));
  const FeedReading reading = read_feed(registry_, {}, context_, [](const FeedEntry&) {});
  EXPECT_EQ(reading.old_entries, 1500U);
  store_.before(StoreOperation::write, "", [] { throw Error(ErrorCode::permission_denied, "read only"); });
  EXPECT_NO_THROW(tidy_feed(registry_, reading, context_));
  EXPECT_THAT(keys(".unio/feed/compacted/"), IsEmpty());
  tidy_feed(registry_, reading, context_);
  EXPECT_THAT(keys(".unio/feed/compacted/"), SizeIs(1));
}

TEST_F(FeedTest, has_an_entry_for_each_package_revision_too) {
  publish_file("team/photos", "one");
  publish_file("team/photos", "two");
  std::vector<FeedEntry> entries;
  read_feed(registry_, {}, context_, [&](const FeedEntry& e) { entries.push_back(e); });
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].kind, "package");
  EXPECT_EQ(entries[1].record.get_string("top_hash"), value("team/photos", "latest"));
}

}  // namespace
}  // namespace unio::test
