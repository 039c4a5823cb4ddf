#include "engine/history.hpp"
#include "unit/engine/engine_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class DeletePackage : public EngineTest {
 protected:
  DeletePackage()
      : first_(publish_file("a/b", "1", "v1")),
        first_second_(std::to_string(unix_seconds(clock_.now()))),
        second_(publish_file("a/b", "2", "v2")),
        second_second_(std::to_string(unix_seconds(clock_.now()))) {}

  DeleteResult remove(const std::optional<std::string>& top_hash = std::nullopt) {
    clock_.advance(std::chrono::seconds(1));
    return delete_package(registry_, package("a/b"), top_hash, context_);
  }
  std::vector<std::string> pointers() {
    std::vector<std::string> names;
    for (const Pointer& pointer : registry_.pointers(package("a/b"))) names.push_back(pointer.name);
    return names;
  }

  const std::string first_;
  const std::string first_second_;
  const std::string second_;
  const std::string second_second_;
};

TEST_F(DeletePackage, removes_all_names_and_nothing_else) {
  const auto manifests = keys(std::string(layout::manifests));
  const auto objects = keys(std::string(layout::objects));
  const DeleteResult result = remove();
  EXPECT_THAT(result.pointers, UnorderedElementsAre("latest", first_second_, second_second_, "v1", "v2"));
  EXPECT_FALSE(result.latest_moved);
  EXPECT_THAT(pointers(), IsEmpty());
  EXPECT_THAT(registry_.packages(), IsEmpty());
  EXPECT_EQ(keys(std::string(layout::manifests)), manifests);
  EXPECT_EQ(keys(std::string(layout::objects)), objects);
}

TEST_F(DeletePackage, leaves_other_packages_of_the_namespace_alone) {
  publish_file("a/bb", "1");
  publish_file("a", "1", "x");
  remove();
  EXPECT_THAT(registry_.packages(), ElementsAre(package("a"), package("a/bb")));
}

TEST_F(DeletePackage, removes_latest_first_so_that_nobody_takes_a_half_deleted_package_for_whole) {
  store_.forget_changes();
  remove();
  std::vector<std::string> removed;
  for (const std::string& change : store_.changes()) {
    if (change.starts_with("-.quilt/")) removed.push_back(change);
  }
  ASSERT_THAT(removed, SizeIs(5));
  EXPECT_THAT(removed.front(), HasSubstr("/latest"));
}

TEST_F(DeletePackage, of_the_newest_revision_moves_latest_to_the_newest_left) {
  const DeleteResult result = remove(second_);
  EXPECT_TRUE(result.latest_moved);
  EXPECT_THAT(result.pointers, UnorderedElementsAre("latest", second_second_, "v2"));
  EXPECT_EQ(value("a/b", "latest"), first_);
  EXPECT_THAT(pointers(), UnorderedElementsAre("latest", first_second_, "v1"));
}

TEST_F(DeletePackage, of_an_older_revision_leaves_latest) {
  const DeleteResult result = remove(first_);
  EXPECT_FALSE(result.latest_moved);
  EXPECT_EQ(value("a/b", "latest"), second_);
  EXPECT_THAT(pointers(), UnorderedElementsAre("latest", second_second_, "v2"));
}

TEST_F(DeletePackage, takes_the_newest_second_not_the_greatest_text_for_the_newest) {
  write(layout::pointer(package("a/b"), "999999999"), std::string(64, '9'));
  remove(second_);
  EXPECT_EQ(value("a/b", "latest"), first_);
}

TEST_F(DeletePackage, of_the_only_revision_removes_latest) {
  remove(first_);
  EXPECT_FALSE(remove(second_).latest_moved);
  EXPECT_THAT(pointers(), IsEmpty());
}

TEST_F(DeletePackage, of_what_is_no_revision_says_so) {
  const Error error = caught([&] { remove(std::string(64, 'a')); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.hint(), HasSubstr("unio log a/b"));
  EXPECT_THAT(pointers(), SizeIs(5));
}

TEST_F(DeletePackage, of_an_unknown_package_suggests_a_near_name) {
  const Error error = caught([&] { delete_package(registry_, package("a/bb"), std::nullopt, context_); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.hint(), HasSubstr("a/b"));
}

TEST_F(DeletePackage, works_on_a_package_without_latest) {
  memory_.remove(layout::pointer(package("a/b"), "latest"), Condition::none());
  remove();
  EXPECT_THAT(pointers(), IsEmpty());
}

TEST_F(DeletePackage, deletes_nothing_when_somebody_publishes_at_the_same_moment) {
  std::string theirs;
  store_.before(StoreOperation::remove, layout::pointer(package("a/b"), "latest"),
                [&] { theirs = publish_file("a/b", "theirs"); });
  EXPECT_UNIO_ERROR(remove(), conflict);
  EXPECT_EQ(value("a/b", "latest"), theirs);
  EXPECT_THAT(pointers(), SizeIs(6));
}

TEST_F(DeletePackage, goes_on_where_it_was_killed) {
  for (const std::string point : {"tag.after_intent", "tag.after_move"}) {
    clock_.advance(std::chrono::seconds(1));
    EXPECT_UNIO_ERROR(delete_package(registry_, package("a/b"), std::nullopt, failing_at(point)),
                      unavailable);
    kill_owners();
  }
  remove();
  EXPECT_THAT(pointers(), IsEmpty());
  EXPECT_THAT(keys(std::string(layout::intents)), IsEmpty());
  EXPECT_EQ(reflog(registry_, package("a/b"), "latest").front().operation, "delete");
}

TEST_F(DeletePackage, keeps_the_names_in_reflogs_so_that_they_can_come_back) {
  remove();
  clock_.advance(std::chrono::seconds(1));
  undo_move(registry_, package("a/b"), "latest", context_);
  undo_move(registry_, package("a/b"), second_second_, context_);
  EXPECT_EQ(value("a/b", "latest"), second_);
  EXPECT_EQ(value("a/b", second_second_), second_);
}

TEST_F(DeletePackage, does_not_fail_on_digits_that_are_no_second) {
  write(layout::pointer(package("a/b"), std::string(30, '9')), first_);
  remove(second_);
  EXPECT_EQ(value("a/b", "latest"), first_);
}

}  // namespace
}  // namespace unio::test
