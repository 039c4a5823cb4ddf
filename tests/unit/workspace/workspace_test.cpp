#include "workspace/workspace.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "support/expect_error.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"

namespace unio::test {
namespace {

class WorkspaceTest : public testing::Test {
 protected:
  static BuilderState some_state() {
    BuilderState state;
    state.ref.registry = "file:///registry";
    state.ref.name = PackageName::parse("team/data");
    return state;
  }

  static Manifest some_manifest(const std::string& key) {
    ManifestBuilder builder;
    builder.add({key, "file:///x", 1, digest_of(DigestType::sha2_256_chunked, as_bytes("x")), {}});
    return builder.finish();
  }

  Workspace create() { return Workspace::create(root(), some_state(), random_); }
  std::filesystem::path root() const { return folder_.path() / "work"; }

  FakeRandom random_;
  TemporaryDirectory folder_;
};

TEST_F(WorkspaceTest, is_found_from_any_folder_below_it) {
  create();
  std::filesystem::create_directories(root() / "a/b");
  EXPECT_EQ(Workspace::get(root() / "a/b").root(), root());
  EXPECT_FALSE(Workspace::find(folder_.path()).has_value());
}

TEST_F(WorkspaceTest, a_folder_without_one_and_a_missing_folder_are_told_apart) {
  EXPECT_UNIO_ERROR(Workspace::get(folder_.path()), failed_precondition);
  create();
  EXPECT_UNIO_ERROR(Workspace::get(root() / "missing"), not_found);
}

TEST_F(WorkspaceTest, is_not_made_in_another_one) {
  create();
  EXPECT_UNIO_ERROR(create(), already_exists);
  EXPECT_UNIO_ERROR(Workspace::create(root() / "inner", some_state(), random_), already_exists);
}

TEST_F(WorkspaceTest, keeps_a_manifest_and_no_other_one) {
  Workspace workspace = create();
  workspace.save(some_manifest("first"), random_);
  workspace.save(some_manifest("second"), random_);
  Workspace again = Workspace::get(root());
  EXPECT_EQ(again.manifest()[0].logical_key(), "second");
  EXPECT_EQ(again.manifest_hash(), some_manifest("second").top_hash());
  std::size_t manifests = 0;
  for (const auto& entry : std::filesystem::directory_iterator(again.state_folder())) {
    if (entry.path().filename().native().starts_with("manifest-")) ++manifests;
  }
  EXPECT_EQ(manifests, 1U);
}

TEST_F(WorkspaceTest, is_locked_by_one_at_a_time) {
  Workspace first = create();
  Workspace second = Workspace::get(root());
  {
    const auto lock = first.lock();
    EXPECT_UNIO_ERROR(second.lock(), conflict);
  }
  EXPECT_NO_THROW(static_cast<void>(second.lock()));
}

TEST_F(WorkspaceTest, a_lock_shows_what_was_changed_before_it_was_free) {
  Workspace first = create();
  Workspace second = Workspace::get(root());
  EXPECT_EQ(first.manifest().size(), 0U);
  {
    const auto lock = second.lock();
    second.state().sources.push_back({.kind = Source::Kind::file, .key = "a", .path = "a", .excluded = {}});
    second.save(some_manifest("a"), random_);
  }
  const auto lock = first.lock();
  EXPECT_EQ(first.state().sources.size(), 1U);
  EXPECT_EQ(first.manifest().size(), 1U);
}

TEST_F(WorkspaceTest, a_damaged_state_is_named) {
  create();
  replace_file(root() / ".unio/workspace.json", as_bytes("{"), random_);
  EXPECT_UNIO_ERROR(Workspace::get(root()), corruption);
  replace_file(root() / ".unio/workspace.json", as_bytes(R"({"format": 99})"), random_);
  EXPECT_UNIO_ERROR(Workspace::get(root()), unsupported);
}

}  // namespace
}  // namespace unio::test
