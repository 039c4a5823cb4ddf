// What only a store in a bucket has: services that can do less, removal of many, copies made by the service.

#include "storage/s3/s3_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "contract/store_test.hpp"
#include "support/expect_error.hpp"
#include "support/s3_bucket.hpp"

namespace unio::test {
namespace {

class S3StoreTest : public testing::Test {
 protected:
  ObjectStore& store() { return store_; }
  void write(std::string_view key, std::string_view content) {
    store_.write(key, as_bytes(content), Condition::none());
  }

  /// As a service that ignores conditions would leave it to us.
  void adopt_no_conditions() {
    StoreCapabilities able;
    able.create_only = able.swap = able.conditional_completion = able.conditional_removal = false;
    store().probed()->adopt(able);
  }

  /// Sends a part and goes away without publishing, as what is interrupted does.
  void interrupt_upload(Time resume_since) {
    const std::string large(std::size_t{9} << 20, 'x');
    store()
        .staging()
        ->stage({.key = "large", .size = large.size(), .resume_since = resume_since})
        ->append(as_bytes(large));
  }
  std::size_t unfinished_uploads() { return store().staging()->sweep("", Time::max()); }

  S3Bucket bucket_{S3Bucket::Versions::off};
  S3Store store_{bucket_.client(), bucket_.name(), "some/prefix", "a service"};
};

/// The server's lines in the table of servers, which are measured without any code of ours.
void expect_what_the_server_can(const StoreCapabilities& found, S3Bucket::Versions versions) {
  const StoreCapabilities able = s3_server_capabilities(versions);
  EXPECT_EQ(found.create_only, able.create_only);
  EXPECT_EQ(found.swap, able.swap);
  EXPECT_EQ(found.quoted_etags, able.quoted_etags);
  EXPECT_EQ(found.conditional_completion, able.conditional_completion);
  EXPECT_EQ(found.conditional_removal, able.conditional_removal);
  EXPECT_EQ(found.checks_bytes, able.checks_bytes);
  EXPECT_EQ(found.keeps_checksums, able.keeps_checksums);
  EXPECT_EQ(found.versions, able.versions);
}

TEST_F(S3StoreTest, finds_out_what_the_service_can_do_and_leaves_nothing) {
  expect_what_the_server_can(store().probed()->probe("probes/x-"), S3Bucket::Versions::off);
  EXPECT_TRUE(store().list({}).objects.empty());
}

TEST(S3StoreOfVersions, finds_out_what_the_service_can_do_where_it_keeps_versions) {
  S3Bucket versioned(S3Bucket::Versions::on);
  S3Store store(versioned.client(), versioned.name(), "");
  expect_what_the_server_can(static_cast<ObjectStore&>(store).probed()->probe("x-"), S3Bucket::Versions::on);
}

TEST_F(S3StoreTest, looks_before_it_writes_where_the_service_knows_no_conditions) {
  adopt_no_conditions();
  const ObjectInfo first = store().write("k", as_bytes("one"), Condition::absent());
  EXPECT_UNIO_ERROR(store().write("k", as_bytes("two"), Condition::absent()), conflict);
  EXPECT_UNIO_ERROR(store().write("k", as_bytes("two"), Condition::matches("\"other\"")), conflict);
  EXPECT_UNIO_ERROR(store().write("absent", as_bytes("two"), Condition::matches(first.etag)), conflict);
  const ObjectInfo second = store().write("k", as_bytes("two"), Condition::matches(first.etag));
  EXPECT_EQ(read_object(store(), "k"), "two");
  EXPECT_UNIO_ERROR(store().remove("k", Condition::matches(first.etag)), conflict);
  store().remove("k", Condition::matches(second.etag));
  EXPECT_FALSE(store().find("k"));
}

TEST_F(S3StoreTest, looks_before_it_completes_a_large_object_there) {
  adopt_no_conditions();
  const std::string large(std::size_t{9} << 20, 'x');
  for (const bool first : {true, false}) {
    const auto staged = store().staging()->stage({.key = "large", .size = large.size()});
    staged->append(as_bytes(large));
    if (first) {
      staged->publish("large", Condition::absent());
    } else {
      EXPECT_UNIO_ERROR(staged->publish("large", Condition::absent()), conflict);
    }
  }
}

TEST_F(S3StoreTest, goes_on_with_an_upload_only_if_it_was_begun_late_enough) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::off), "upload-dates");
  for (int i = 0; i < 2; ++i) interrupt_upload(Time{});
  EXPECT_EQ(unfinished_uploads(), 1U);
  for (int i = 0; i < 2; ++i) interrupt_upload(Time::max());
  EXPECT_EQ(unfinished_uploads(), 2U);
  EXPECT_EQ(unfinished_uploads(), 0U) << "after they were swept";
}

TEST_F(S3StoreTest, sweeps_nothing_while_its_own_new_upload_looks_like_an_old_one) {
  interrupt_upload(Time::max());
  {
    const auto staged = store().staging()->stage({.key = "other", .size = std::size_t{9} << 20});
    staged->append(as_bytes(std::string(std::size_t{9} << 20, 'x')));
    EXPECT_EQ(unfinished_uploads(), 0U) << "what the service says of dates cannot be so";
  }
  EXPECT_EQ(unfinished_uploads(), 2U);
}

TEST_F(S3StoreTest, removes_many_at_once_whether_they_are_there_or_not) {
  std::vector<std::string> keys{"absent"};
  for (int i = 0; i < 30; ++i) {
    keys.push_back("a & <b> ü/" + std::to_string(i));
    write(keys.back(), "x");
  }
  write("stays", "x");
  store().remove_all(keys);
  const ListPage left = store().list({});
  ASSERT_EQ(left.objects.size(), 1U);
  EXPECT_EQ(left.objects.front().key, "stays");
  store().remove_all({});
}

TEST_F(S3StoreTest, copies_what_the_service_can_prove_from_another_place) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::off), "keeps-checksums");
  const std::string content(std::size_t{20} << 20, 'y');
  S3Store from(bucket_.client(), bucket_.name(), "source", "a service");
  const auto staged = static_cast<ObjectStore&>(from).staging()->stage({.key = "k", .size = content.size()});
  staged->append(as_bytes(content));
  staged->publish("k", Condition::absent());
  const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes(content));

  CopyingStore& source = *static_cast<ObjectStore&>(from).copying();
  const auto offer = source.offer("k", std::nullopt, content.size(), digest);
  ASSERT_TRUE(offer);
  store().copying()->copy_from(*offer, "to", Condition::absent());
  EXPECT_EQ(read_object(store(), "to"), content);
  EXPECT_UNIO_ERROR(store().copying()->copy_from(*offer, "to", Condition::absent()), conflict);

  EXPECT_FALSE(source.offer("k", std::nullopt, content.size(), Digest{})) << "of other bytes";
  EXPECT_FALSE(source.offer("k", std::nullopt, content.size() + 1, digest)) << "of another size";
  EXPECT_FALSE(source.offer("absent", std::nullopt, content.size(), digest));
}

TEST_F(S3StoreTest, does_not_copy_what_changed_since_it_was_offered) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::off), "keeps-checksums");
  const std::string content(std::size_t{9} << 20, 'y');
  const auto staged = store().staging()->stage({.key = "k", .size = content.size()});
  staged->append(as_bytes(content));
  staged->publish("k", Condition::absent());
  const Digest digest = digest_of(DigestType::sha2_256_chunked, as_bytes(content));
  const auto offer = store().copying()->offer("k", std::nullopt, content.size(), digest);
  ASSERT_TRUE(offer);
  write("k", "other");
  EXPECT_ANY_THROW(store().copying()->copy_from(*offer, "to", Condition::absent()));
  EXPECT_FALSE(store().find("to"));
}

}  // namespace
}  // namespace unio::test
