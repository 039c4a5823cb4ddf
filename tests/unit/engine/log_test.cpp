#include "base/json.hpp"
#include "engine/history.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Log : public EngineTest {
 protected:
  std::string publish_files(const Files& files, const std::string& message = "m",
                            const std::string& user = "ann", const std::string& name = "a/b") {
    clock_.advance(std::chrono::seconds(1));
    return publish_as(context_of(user), publication(name, files, message)).top_hash;
  }
  std::vector<LogEntry> log_of(const std::string& name = "a/b", std::size_t limit = 100) {
    return log(registry_, package(name), limit, context_);
  }
  static std::vector<std::size_t> counts(const LogEntry& entry) {
    return {entry.added.value_or(99), entry.removed.value_or(99), entry.modified.value_or(99)};
  }
};

TEST_F(Log, tells_of_each_publication_newest_first) {
  const std::string first = publish_files({{"f", "123"}}, "one");
  const std::int64_t first_second = unix_seconds(clock_.now());
  const std::string second = publish_files({{"f", "1234"}, {"g", "5"}}, "two", "bob");
  const auto entries = log_of();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].top_hash, second);
  EXPECT_EQ(entries[0].message, "two");
  EXPECT_EQ(entries[0].user, "bob");
  EXPECT_EQ(entries[0].entries, 2U);
  EXPECT_EQ(entries[0].bytes, 5U);
  EXPECT_EQ(entries[1].top_hash, first);
  EXPECT_EQ(entries[1].timestamp, first_second);
  EXPECT_EQ(entries[1].user, "ann");
}

TEST_F(Log, counts_what_each_publication_changed) {
  publish_files({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  publish_files({{"a", "1"}, {"b", "changed"}, {"d", "4"}, {"e", "5"}});
  const auto entries = log_of();
  EXPECT_THAT(counts(entries[0]), ElementsAre(2U, 1U, 1U));
  EXPECT_THAT(counts(entries[1]), ElementsAre(3U, 0U, 0U));
}

TEST_F(Log, counts_the_last_shown_against_the_one_before_it) {
  publish_files({{"a", "1"}});
  publish_files({{"a", "1"}, {"b", "2"}});
  const auto entries = log_of("a/b", 1);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_THAT(counts(entries[0]), ElementsAre(1U, 0U, 0U));
}

TEST_F(Log, shows_the_tags_that_point_at_a_revision_now) {
  publish_files({{"a", "1"}});
  const std::string second = publish_files({{"a", "2"}});
  write(layout::pointer(package("a/b"), "v2"), second);
  const auto entries = log_of();
  EXPECT_THAT(entries[0].tags, ElementsAre("latest", "v2"));
  EXPECT_THAT(entries[1].tags, IsEmpty());
}

TEST_F(Log, sorts_seconds_as_numbers) {
  const std::string hash = publish_files({{"a", "1"}});
  write(layout::pointer(package("a/b"), "999"), hash);
  EXPECT_EQ(log_of().back().timestamp, 999);
}

TEST_F(Log, takes_digits_that_are_no_second_for_nothing) {
  const std::string hash = publish_files({{"a", "1"}});
  write(layout::pointer(package("a/b"), std::string(30, '9')), hash);
  ASSERT_THAT(log_of(), SizeIs(1));
  EXPECT_THAT(log_of().front().tags, ElementsAre("latest"));
}

TEST_F(Log, shows_a_revision_whose_manifest_is_damaged_without_its_details_and_says_so) {
  publish_files({{"a", "1"}});
  const std::string damaged = publish_files({{"a", "2"}});
  publish_files({{"a", "3"}});
  write(layout::manifest(damaged), "{");
  const auto entries = log_of();
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[0].entries, 1U);
  EXPECT_EQ(entries[0].added, std::nullopt);
  EXPECT_EQ(entries[1].message, std::nullopt);
  EXPECT_EQ(entries[1].entries, std::nullopt);
  EXPECT_EQ(entries[1].added, std::nullopt);
  EXPECT_THAT(counts(entries[2]), ElementsAre(1U, 0U, 0U));
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr(damaged.substr(0, 9))));
}

TEST_F(Log, does_not_name_who_published_the_same_content_under_another_name) {
  const std::string hash = publish_files({{"a", "1"}}, "m", "eve", "other/name");
  write(layout::pointer(package("a/b"), "1800000100"), hash);
  write(layout::pointer(package("a/b"), "latest"), hash);
  EXPECT_EQ(log_of().front().user, std::nullopt);
  EXPECT_EQ(log_of("other/name").front().user, "eve");
}

TEST_F(Log, names_who_made_each_of_two_publications_of_one_revision) {
  publish_files({{"a", "1"}}, "m", "ann");
  publish_files({{"a", "2"}}, "m", "ann");
  publish_files({{"a", "1"}}, "m", "bob");
  const auto entries = log_of();
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[0].user, "bob");
  EXPECT_EQ(entries[2].user, "ann");
}

TEST_F(Log, shows_a_revision_whose_record_is_damaged_without_its_user_and_says_so) {
  const std::string hash = publish_files({{"a", "1"}});
  const std::string record = keys(layout::revisions(hash)).front();
  write(record, "{");
  const auto entries = log_of();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].user, std::nullopt);
  EXPECT_THAT(progress_.warnings(), ElementsAre(HasSubstr(record)));
}

TEST_F(Log, of_an_unknown_package_suggests_a_near_name) {
  publish_files({{"a", "1"}});
  const Error error = caught([&] { log_of("a/bb"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.hint(), HasSubstr("a/b"));
}

TEST_F(Log, of_a_package_without_a_history_is_empty) {
  write(layout::pointer(package("a/b"), "v1"), std::string(64, '1'));
  EXPECT_THAT(log_of(), IsEmpty());
}

TEST_F(Log, stops_when_it_is_asked_to) {
  publish_files({{"a", "1"}});
  stop_.request_stop();
  EXPECT_UNIO_ERROR(log_of(), cancelled);
}

}  // namespace
}  // namespace unio::test
