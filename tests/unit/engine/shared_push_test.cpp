#include "engine/shared_push.hpp"

#include "unit/engine/folder_fixture.hpp"

namespace unio::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::size_t large = (std::size_t{8} << 20) + 3;

class SharedPushTest : public FolderTest {
 protected:
  ResolvedRef to(Version version = {}) { return {hooked_.url(), package("a/b"), std::move(version)}; }

  std::vector<StoredContent> put_all(const std::vector<NewContent>& contents) {
    return put_contents(local_, contents, context_);
  }

  const std::vector<std::string> contents_ = {"", "content", std::string(large, 'x')};
};

TEST_F(SharedPushTest, stores_contents_from_memory_and_from_files_once) {
  std::vector<NewContent> all;
  for (std::size_t i = 0; i < contents_.size(); ++i) {
    const std::string file = local("f" + std::to_string(i));
    put(file, contents_[i]);
    all.emplace_back(contents_[i]);
    all.emplace_back(std::filesystem::path(file));
  }
  const auto stored = put_all(all);
  ASSERT_THAT(stored, SizeIs(all.size()));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const std::string& content = contents_[i / 2];
    EXPECT_EQ(stored[i].digest, digest_of(DigestType::sha2_256_chunked, as_bytes(content)));
    EXPECT_EQ(stored[i].size, content.size());
    EXPECT_EQ(this->stored(object_key(content)), content);
  }
  hooked_.forget_changes();
  for (const StoredContent& again : put_all(all)) EXPECT_FALSE(again.stored);
  EXPECT_THAT(hooked_.changes(), IsEmpty());
}

TEST_F(SharedPushTest, replaces_an_object_of_the_wrong_size) {
  for (const std::string& content : contents_) {
    const std::string key = layout::object(digest_of(DigestType::sha2_256_chunked, as_bytes(content)));
    hooked_.write(key, as_bytes("torn off"), Condition::none());
    EXPECT_TRUE(put_all({content}).front().stored);
    EXPECT_EQ(stored(key), content);
  }
}

TEST_F(SharedPushTest, fails_for_a_file_that_is_not_there) {
  EXPECT_UNIO_ERROR(put_all({std::filesystem::path(local("none"))}), not_found);
}

TEST_F(SharedPushTest, finds_contents_that_are_not_there_or_of_another_size) {
  const auto stored = put_all({std::string("one"), std::string("two"), std::string("three")});
  hooked_.remove(layout::object(stored[0].digest), Condition::none());
  hooked_.write(layout::object(stored[2].digest), as_bytes("t"), Condition::none());
  EXPECT_THAT(find_missing(local_, stored, context_), ElementsAre(0U, 2U));
}

TEST_F(SharedPushTest, is_announced_from_its_beginning_to_its_end_and_by_nobody_else) {
  {
    SharedPush push(to(), context_);
    EXPECT_EQ(sessions(), 1U);
    hooked_.forget_changes();
    put_all({std::string("content")});
    EXPECT_THAT(hooked_.changes(), Each(StartsWith(std::string(layout::objects))));
    EXPECT_EQ(sessions(), 1U);
  }
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(SharedPushTest, publishes_what_was_added) {
  const auto stored = put_all({std::string("one"), std::string("two")});
  SharedPush push(to({Version::Kind::tag, "v1"}), context_);
  EXPECT_FALSE(push.may_have("y"));
  push.add({"y", stored[1], R"({"user_meta":{"n":1}})"});
  push.add({"x", stored[0], "{}"});
  EXPECT_TRUE(push.may_have("y"));
  const auto published = push.publish(
      {.parents = {std::string(64, 'a')}, .message = "m", .meta = Json::object({{"k", 1}})}, context_);
  EXPECT_TRUE(published.result.published);
  const Manifest manifest = local_.get_manifest(published.result.top_hash);
  ASSERT_EQ(manifest.size(), 2U);
  EXPECT_EQ(manifest[0].physical_key(), object_url("one"));
  EXPECT_EQ(manifest[1].meta(), R"({"user_meta": {"n": 1}})");
  EXPECT_EQ(manifest.message(), "m");
  EXPECT_EQ(manifest.user_meta(), Json::object({{"k", 1}}));
  for (const char* name : {"latest", "v1"})
    EXPECT_EQ(local_.find_pointer(package("a/b"), name)->top_hash, published.result.top_hash);
}

TEST_F(SharedPushTest, sees_what_others_published_since_it_began) {
  const auto stored = put_all({std::string("one"), std::string("two")});
  const auto publish_one = [&](SharedPush& push, const StoredContent& content) {
    push.add({"x", content, "{}"});
    return push.publish({}, context_).result;
  };
  SharedPush other(to(), context_);
  const std::string first = publish_one(other, stored[0]).top_hash;
  SharedPush push(to(), context_);
  SharedPush meanwhile(to(), context_);
  const std::string second = publish_one(meanwhile, stored[1]).top_hash;
  const PublishResult result = publish_one(push, stored[0]);
  EXPECT_TRUE(result.published);
  EXPECT_EQ(result.previous_latest, second);
  EXPECT_EQ(local_.find_pointer(package("a/b"), "latest")->top_hash, first);
}

TEST_F(SharedPushTest, refuses_what_a_manifest_cannot_have) {
  const auto stored = put_all({std::string("one")});
  EXPECT_UNIO_ERROR(SharedPush(to({Version::Kind::hash, "abcdef12"}), context_), invalid_argument);
  EXPECT_UNIO_ERROR(SharedPush(to({Version::Kind::tag, "latest"}), context_), invalid_argument);
  EXPECT_EQ(sessions(), 0U);
  SharedPush push(to(), context_);
  EXPECT_UNIO_ERROR(push.add({"../x", stored[0], "{}"}), invalid_argument);
  push.add({"x", stored[0], "{}"});
  push.add({"x/y", stored[0], "{}"});
  const Error error = caught([&] { push.publish({}, context_); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.what(), HasSubstr("x/y"));
}

}  // namespace
}  // namespace unio::test
