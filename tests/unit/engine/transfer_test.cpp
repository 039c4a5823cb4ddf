#include "engine/transfer.hpp"

#include "unit/engine/folder_fixture.hpp"

namespace unio::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t large = (std::size_t{8} << 20) + 3;

class TransferTest : public FolderTest {
 protected:
  Transfer::Moved move(const Manifest& manifest, const std::optional<std::string>& prefix = std::nullopt) {
    PushSession session(local_, context_);
    Transfer transfer(local_, session, context_, prefix);
    const Transfer::Moved moved = transfer.move(manifest[0]);
    transfer.commit();
    return moved;
  }
};

TEST_F(TransferTest, stores_a_local_file_under_its_content_address) {
  const Transfer::Moved moved = move(local_entry("f", "content"));
  EXPECT_EQ(moved.physical_key, object_url("content"));
  EXPECT_FALSE(moved.already_there);
  EXPECT_EQ(stored(object_key("content")), "content");
}

TEST_F(TransferTest, does_not_write_again_what_is_there) {
  move(local_entry("f", "content"));
  hooked_.forget_changes();
  EXPECT_TRUE(move(local_entry("g", "content")).already_there);
  EXPECT_THAT(hooked_.changes(), Not(Contains(object_key("content"))));
}

TEST_F(TransferTest, announces_the_push_before_it_looks_whether_an_object_is_there) {
  std::size_t announced = 0;
  hooked_.before(StoreOperation::find, object_key("content"), [&] { announced = sessions(); });
  move(local_entry("f", "content"));
  EXPECT_EQ(announced, 1U);
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(TransferTest, takes_content_that_two_entries_share_once) {
  PushSession session(local_, context_);
  Transfer transfer(local_, session, context_, std::nullopt);
  const Manifest one = local_entry("one", "content");
  const Manifest two = local_entry("two", "content");
  EXPECT_EQ(transfer.move(one[0]).physical_key, transfer.move(two[0]).physical_key);
  EXPECT_NO_THROW(transfer.commit());
  EXPECT_EQ(stored(object_key("content")), "content");
}

TEST_F(TransferTest, stores_large_files_too) {
  const std::string content(large, 'x');
  EXPECT_FALSE(move(local_entry("f", content)).already_there);
  EXPECT_TRUE(move(local_entry("f", content)).already_there);
  EXPECT_EQ(stored(object_key(content)), content);
}

TEST_F(TransferTest, replaces_an_object_of_the_wrong_size) {
  for (const std::string& content : {std::string("content"), std::string(large, 'x')}) {
    store(object_key(content), "torn");
    EXPECT_FALSE(move(local_entry("f", content)).already_there);
    EXPECT_EQ(stored(object_key(content)), content);
  }
}

TEST_F(TransferTest, leaves_a_wrong_object_where_it_is_until_the_right_one_takes_its_place) {
  store(object_key("content"), "bad");
  hooked_.before(StoreOperation::write, object_key("content"),
                 [&] { EXPECT_EQ(stored(object_key("content")), "bad"); });
  hooked_.forget_changes();
  move(local_entry("f", "content"));
  EXPECT_THAT(hooked_.changes(), Not(Contains("-" + object_key("content"))));
}

TEST_F(TransferTest, takes_the_object_that_somebody_else_mends_at_the_same_moment) {
  store(object_key("content"), "bad");
  hooked_.before(StoreOperation::write, object_key("content"),
                 [&] { store(object_key("content"), "content"); });
  EXPECT_TRUE(move(local_entry("f", "content")).already_there);
}

TEST_F(TransferTest, refuses_a_file_that_no_longer_has_the_content_that_was_built) {
  for (const std::string& now : {std::string("changed"), std::string("longer content"), std::string()}) {
    const Manifest manifest = local_entry("f", "content");
    put(local("f"), now);
    const Error error = caught([&] { move(manifest); });
    EXPECT_EQ(error.code(), ErrorCode::failed_precondition) << now;
    EXPECT_THAT(error.message(), HasSubstr("'f'"));
    EXPECT_EQ(stored(object_key("content")), "absent");
  }
}

TEST_F(TransferTest, refuses_a_file_that_is_gone) {
  const Manifest manifest = local_entry("f", "content");
  std::filesystem::remove(local("f"));
  EXPECT_UNIO_ERROR(move(manifest), failed_precondition);
}

TEST_F(TransferTest, does_not_blame_the_user_for_a_damaged_object_in_a_store) {
  store("data/f", "damaged");
  EXPECT_UNIO_ERROR(move(entry("f", physical_url(local_, "data/f"), "content")), corruption);
}

TEST_F(TransferTest, stores_content_with_a_legacy_digest_under_its_content_address) {
  for (const DigestType type : {DigestType::sha256, DigestType::crc64nvme}) {
    const std::string content = "of " + std::string(name(type));
    const Transfer::Moved moved = move(local_entry("f", content, type));
    EXPECT_EQ(moved.physical_key, object_url(content));
    EXPECT_FALSE(moved.already_there);
    EXPECT_EQ(stored(object_key(content)), content);
    EXPECT_TRUE(move(local_entry("f", content, type)).already_there);
  }
}

TEST_F(TransferTest, needs_a_digest) {
  ManifestBuilder builder;
  put(local("f"), "x");
  builder.add(Entry{"f", PhysicalKey::of_file(local("f")).url(), 1, std::nullopt, {}});
  EXPECT_UNIO_ERROR(move(builder.finish()), failed_precondition);
}

// Readable keys.

TEST_F(TransferTest, stores_under_the_prefix_however_it_is_spelled) {
  for (const std::string prefix : {"data/v0/", "data/v0", "/data/v0/", "//data/v0"}) {
    EXPECT_EQ(move(local_entry("a b.txt", "content"), prefix).physical_key,
              physical_url(local_, "data/v0/a b.txt"));
  }
  EXPECT_EQ(stored("data/v0/a b.txt"), "content");
  move(local_entry("root.txt", "content"), "");
  EXPECT_EQ(stored("root.txt"), "content");
}

TEST_F(TransferTest, skips_what_stands_under_the_prefix_with_the_same_bytes) {
  for (const std::string& content : {std::string("content"), std::string(large, 'x')}) {
    store("data/f", content);
    hooked_.forget_changes();
    const Transfer::Moved moved = move(local_entry("f", content), "data/");
    EXPECT_TRUE(moved.already_there);
    EXPECT_FALSE(moved.displaced);
    EXPECT_EQ(moved.physical_key, physical_url(local_, "data/f"));
    EXPECT_THAT(hooked_.changes(), Not(Contains("data/f")));
  }
}

TEST_F(TransferTest, goes_to_a_content_address_when_other_bytes_stand_under_the_prefix) {
  for (const std::string& theirs : {std::string("CONTENT"), std::string("of another size"), std::string()}) {
    store("data/f", theirs);
    const Transfer::Moved moved = move(local_entry("f", "content"), "data/");
    EXPECT_TRUE(moved.displaced);
    EXPECT_EQ(moved.physical_key, object_url("content"));
    EXPECT_EQ(stored("data/f"), theirs);
    EXPECT_EQ(stored(object_key("content")), "content");
  }
}

TEST_F(TransferTest, displaces_two_entries_with_the_same_content_without_a_conflict) {
  store("data/one", "theirs");
  store("data/two", "theirs");
  PushSession session(local_, context_);
  Transfer transfer(local_, session, context_, "data/");
  const Manifest one = local_entry("one", "content");
  const Manifest two = local_entry("two", "content");
  EXPECT_TRUE(transfer.move(one[0]).displaced);
  EXPECT_TRUE(transfer.move(two[0]).displaced);
  EXPECT_NO_THROW(transfer.commit());
}

TEST_F(TransferTest, never_overwrites_what_somebody_puts_under_the_prefix_at_the_same_moment) {
  const Manifest manifest = local_entry("f", "content");
  hooked_.before(StoreOperation::commit, "", [&] { store("data/f", "theirs"); });
  const Error error = caught([&] { move(manifest, "data/"); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_THAT(error.message(), HasSubstr("data/f"));
  EXPECT_EQ(stored("data/f"), "theirs");
  EXPECT_TRUE(move(manifest, "data/").displaced);
}

TEST_F(TransferTest, compares_what_somebody_puts_in_the_place_of_a_large_file_at_the_same_moment) {
  const std::string content(large, 'x');
  const Manifest manifest = local_entry("f", content);
  hooked_.before(StoreOperation::publish, "one/f", [&] { store("one/f", content); });
  EXPECT_TRUE(move(manifest, "one/").already_there);
  hooked_.before(StoreOperation::publish, "two/f", [&] { store("two/f", "theirs"); });
  EXPECT_TRUE(move(manifest, "two/").displaced);
  EXPECT_EQ(stored("two/f"), "theirs");
}

TEST_F(TransferTest, ends_with_an_error_when_an_object_stands_where_the_prefix_needs_a_folder) {
  store("data", "an object");
  EXPECT_UNIO_ERROR(move(local_entry("f", "content"), "data/"), conflict);
  EXPECT_UNIO_ERROR(move(local_entry("f", std::string(large, 'x')), "data/"), conflict);
  EXPECT_EQ(stored("data"), "an object");
}

TEST_F(TransferTest, refuses_a_prefix_that_is_no_place_for_data) {
  for (const std::string prefix : {"../", "a/../b/", "./", "a//b"}) {
    EXPECT_UNIO_ERROR(move(local_entry("f", "content"), prefix), invalid_argument) << prefix;
  }
}

TEST_F(TransferTest, keeps_data_out_of_the_folders_of_the_registry_itself) {
  for (const std::string prefix :
       {".quilt/packages/", ".quilt/named_packages/a/b", ".unio/objects", "/.unio/"}) {
    const Error error = caught([&] { move(local_entry("f", "content"), prefix); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << prefix;
    EXPECT_THAT(error.message(), HasSubstr("'f'")) << prefix;
  }
  EXPECT_UNIO_ERROR(move(local_entry(".quilt/packages/f", "content"), ""), invalid_argument);
}

TEST_F(TransferTest, knows_where_an_entry_should_be) {
  PushSession session(local_, context_);
  EXPECT_EQ(Transfer(local_, session, context_, "data/").wanted_url("a b"), physical_url(local_, "data/a b"));
  EXPECT_EQ(Transfer(local_, session, context_, std::nullopt).wanted_url("a b"), "");
}

TEST_F(TransferTest, writes_nothing_when_the_user_asks_to_stop) {
  const Manifest manifest = local_entry("f", "content");
  stop_.request_stop();
  EXPECT_UNIO_ERROR(move(manifest), cancelled);
  EXPECT_EQ(stored(object_key("content")), "absent");
}

}  // namespace
}  // namespace unio::test
