#include "engine/history.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Tags : public EngineTest {
 protected:
  Tags() : first_(publish_file("a/b", "1")), second_(publish_file("a/b", "2")) {
    clock_.advance(std::chrono::seconds(1));
  }

  TagResult tag(const std::string& name, const std::string& top_hash, Force force = Force::no) {
    clock_.advance(std::chrono::seconds(1));
    return tag_revision(registry_, package("a/b"), name, top_hash, force, context_);
  }
  TagResult undo(const std::string& pointer) {
    clock_.advance(std::chrono::seconds(1));
    return undo_move(registry_, package("a/b"), pointer, context_);
  }
  TagResult roll_back(const std::string& top_hash) {
    clock_.advance(std::chrono::seconds(1));
    return rollback(registry_, package("a/b"), top_hash, context_);
  }
  TagResult remove(const std::string& name) { return remove_tag(registry_, package("a/b"), name, context_); }

  const std::string first_;
  const std::string second_;
};

TEST_F(Tags, point_at_a_revision) {
  const TagResult result = tag("v1", first_);
  EXPECT_EQ(result.top_hash, first_);
  EXPECT_EQ(result.previous, std::nullopt);
  EXPECT_EQ(value("a/b", "v1"), first_);
  EXPECT_EQ(value("a/b", "latest"), second_);
}

TEST_F(Tags, do_not_move_without_force) {
  tag("v1", first_);
  const Error error = caught([&] { tag("v1", second_); });
  EXPECT_EQ(error.code(), ErrorCode::already_exists);
  EXPECT_THAT(error.message(), HasSubstr(first_));
  EXPECT_THAT(error.hint(), HasSubstr("--force"));
  EXPECT_EQ(value("a/b", "v1"), first_);
  EXPECT_EQ(tag("v1", second_, Force::yes).previous, first_);
  EXPECT_EQ(value("a/b", "v1"), second_);
}

TEST_F(Tags, may_be_set_again_to_what_they_are) {
  tag("v1", first_);
  EXPECT_NO_THROW(tag("v1", first_));
  EXPECT_THAT(reflog(registry_, package("a/b"), "v1"), SizeIs(1));
}

TEST_F(Tags, must_not_point_at_nothing) {
  EXPECT_UNIO_ERROR(tag("v1", std::string(64, 'a')), not_found);
  EXPECT_EQ(value("a/b", "v1"), "absent");
}

TEST_F(Tags, do_not_make_a_package_that_is_not_there) {
  const Error error =
      caught([&] { tag_revision(registry_, package("a/bb"), "v1", first_, Force::no, context_); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.hint(), HasSubstr("a/b"));
  EXPECT_THAT(registry_.packages(), SizeIs(1));
}

TEST_F(Tags, of_another_package_cannot_be_reached_by_a_path) {
  publish_file("a", "1", "x");
  EXPECT_UNIO_ERROR(undo_move(registry_, package("a"), "b/latest", context_), invalid_argument);
  EXPECT_EQ(value("a/b", "latest"), second_);
}

TEST_F(Tags, keep_the_rules_of_their_names) {
  for (const std::string name : {"latest", "123", "a/b", "", ".", ".."}) {
    EXPECT_UNIO_ERROR(tag(name, first_), invalid_argument) << name;
    EXPECT_UNIO_ERROR(remove(name), invalid_argument) << name;
  }
}

TEST_F(Tags, lose_with_both_hashes_when_somebody_sets_them_at_the_same_moment) {
  const std::string key = layout::pointer(package("a/b"), "v1");
  store_.before(StoreOperation::write, key, [&] { write(key, second_); });
  const Error error = caught([&] { tag("v1", first_); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(first_), HasSubstr(second_)));
  EXPECT_EQ(value("a/b", "v1"), second_);
}

TEST_F(Tags, are_removed_and_come_back) {
  tag("v1", first_);
  EXPECT_EQ(remove("v1").previous, first_);
  EXPECT_EQ(value("a/b", "v1"), "absent");
  EXPECT_EQ(undo("v1").top_hash, first_);
  EXPECT_EQ(value("a/b", "v1"), first_);
}

TEST_F(Tags, that_are_not_there_cannot_be_removed) {
  EXPECT_UNIO_ERROR(remove("v1"), not_found);
}

TEST_F(Tags, go_back_to_where_they_were_before_their_last_move) {
  tag("v1", first_);
  tag("v1", second_, Force::yes);
  EXPECT_EQ(undo("v1").previous, second_);
  EXPECT_EQ(value("a/b", "v1"), first_);
  EXPECT_EQ(undo("v1").previous, first_);
  EXPECT_EQ(value("a/b", "v1"), second_) << "undoing an undo";
}

TEST_F(Tags, that_were_made_by_the_last_move_are_gone_after_undoing_it) {
  tag("v1", first_);
  undo("v1");
  EXPECT_EQ(value("a/b", "v1"), "absent");
}

TEST_F(Tags, that_never_moved_cannot_go_back) {
  const Error error = caught([&] { undo("v1"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(Tags, that_another_tool_moved_since_are_not_undone_by_mistake) {
  tag("v1", first_);
  write(layout::pointer(package("a/b"), "v1"), second_);
  EXPECT_UNIO_ERROR(undo("v1"), conflict);
  EXPECT_EQ(value("a/b", "v1"), second_);
}

TEST_F(Tags, do_not_go_back_to_a_manifest_that_is_gone) {
  tag("v1", first_);
  tag("v1", second_, Force::yes);
  memory_.remove(layout::manifest(first_), Condition::none());
  EXPECT_UNIO_ERROR(undo("v1"), not_found);
  EXPECT_EQ(value("a/b", "v1"), second_);
}

TEST_F(Tags, undo_the_move_of_a_process_that_died_before_its_reflog) {
  EXPECT_UNIO_ERROR(
      tag_revision(registry_, package("a/b"), "v1", first_, Force::no, failing_at("tag.after_move")),
      unavailable);
  kill_owners();
  undo("v1");
  EXPECT_EQ(value("a/b", "v1"), "absent");
}

TEST_F(Tags, are_set_when_the_command_is_run_again_after_it_died) {
  for (const std::string point : {"tag.after_intent", "tag.after_move"}) {
    EXPECT_UNIO_ERROR(tag_revision(registry_, package("a/b"), point, first_, Force::no, failing_at(point)),
                      unavailable);
    kill_owners();
    tag(point, first_);
    EXPECT_EQ(value("a/b", point), first_);
    EXPECT_THAT(reflog(registry_, package("a/b"), point), SizeIs(1));
    EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
  }
}

// Rollback.

TEST_F(Tags, rollback_makes_an_older_revision_latest_without_a_new_publication) {
  EXPECT_EQ(roll_back(first_).previous, second_);
  EXPECT_EQ(value("a/b", "latest"), first_);
  EXPECT_THAT(history("a/b"), SizeIs(2));
  EXPECT_EQ(reflog(registry_, package("a/b"), "latest").front().operation, "rollback");
}

TEST_F(Tags, rollback_can_be_undone) {
  roll_back(first_);
  undo("latest");
  EXPECT_EQ(value("a/b", "latest"), second_);
}

TEST_F(Tags, rollback_refuses_what_is_no_revision_of_the_package) {
  const std::string other = publish_file("a/other", "other");
  const Error error = caught([&] { roll_back(other); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("a/b"));
  EXPECT_UNIO_ERROR(roll_back(std::string(64, 'a')), not_found);
}

TEST_F(Tags, rollback_does_not_hide_what_somebody_publishes_at_the_same_moment) {
  std::string theirs;
  store_.before(StoreOperation::write, layout::pointer(package("a/b"), "latest"),
                [&] { theirs = publish_file("a/b", "theirs"); });
  const Error error = caught([&] { roll_back(first_); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(theirs), HasSubstr(second_), HasSubstr(first_)));
  EXPECT_EQ(value("a/b", "latest"), theirs);
}

TEST_F(Tags, rollback_completes_the_push_that_it_goes_back_from) {
  const Publication third = publication("a/b", {{"file", "3"}});
  EXPECT_UNIO_ERROR(publish_as(failing_at("push.after_latest"), third), unavailable);
  roll_back(first_);
  EXPECT_THAT(history("a/b"), SizeIs(3));
}

TEST_F(Tags, rollback_succeeds_when_it_is_run_again_after_it_died) {
  for (const std::string point : {"rollback.after_intent", "rollback.after_move"}) {
    const std::string target = value("a/b", "latest") == first_ ? second_ : first_;
    EXPECT_UNIO_ERROR(rollback(registry_, package("a/b"), target, failing_at(point)), unavailable);
    kill_owners();
    roll_back(target);
    EXPECT_EQ(value("a/b", "latest"), target);
    EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
  }
  EXPECT_THAT(reflog(registry_, package("a/b"), "latest"), SizeIs(4)) << "two pushes and two rollbacks";
}

TEST_F(Tags, undo_takes_latest_back_to_before_a_push_but_not_to_before_the_first) {
  undo("latest");
  EXPECT_EQ(value("a/b", "latest"), first_);
  publish_file("a/new", "x");
  const Error error = caught([&] { undo_move(registry_, package("a/new"), "latest", context_); });
  EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
  EXPECT_THAT(error.hint(), HasSubstr("unio delete"));
}

}  // namespace
}  // namespace unio::test
