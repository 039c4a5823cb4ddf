// Protection of versions by Object Lock: what is uploaded, what is extended, and what nobody may undo.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "contract/store_test.hpp"
#include "storage/retention_store.hpp"
#include "storage/s3/s3_store.hpp"
#include "support/expect_error.hpp"
#include "support/s3_bucket.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Bypass = RetentionStore::Bypass;
using Mode = Retention::Mode;

Time in_days(int days) {
  return std::chrono::ceil<std::chrono::seconds>(SystemClock().now() + std::chrono::days(days));
}

Retention governed(Time until) {
  return {.mode = Mode::governance, .until = until, .legal_hold = false};
}

Retention complied(Time until) {
  return {.mode = Mode::compliance, .until = until, .legal_hold = false};
}

class S3Retention : public testing::Test {
 protected:
  ObjectStore& store() { return store_; }
  RetentionStore& retention() { return *store().retention(); }

  /// Of every key that does not begin with "free".
  void rule(const Retention& wanted) {
    retention().adopt_retention([wanted](std::string_view key) {
      return key.starts_with("free") ? std::nullopt : std::optional(wanted);
    });
  }
  ObjectVersion write(const std::string& key, std::string_view content = "content") {
    const ObjectInfo info = store().write(key, as_bytes(content), Condition::none());
    return {key, info.version};
  }
  Retention of(const ObjectVersion& object) {
    const auto found = retention().find_retained({&object, 1}).front();
    return found ? found->retention : Retention{};
  }
  std::string read(const ObjectVersion& object) {
    std::string content;
    store().versioning()->read_version(object.key, *object.version, {},
                                       [&](Bytes bytes) { content += as_text(bytes); });
    return content;
  }

  S3Bucket bucket_{S3Bucket::Versions::on, S3Bucket::Locks::on};
  S3Store store_{bucket_.client(), bucket_.name(), "some/prefix", "a service"};
};

TEST_F(S3Retention, is_found_out_by_the_probe_and_only_where_there_is_some) {
  EXPECT_TRUE(store().probed()->probe("probes/").object_lock);
  S3Bucket plain(S3Bucket::Versions::on);
  S3Store other(plain.client(), plain.name(), "");
  EXPECT_FALSE(static_cast<ObjectStore&>(other).probed()->probe("probes/").object_lock);
}

TEST_F(S3Retention, is_set_with_the_upload_however_an_object_comes) {
  const Retention wanted = governed(in_days(1));
  const std::string large(std::size_t{9} << 20, 'x');
  write("unprotected", large);
  rule(wanted);
  write("written");
  const auto batch = store().batch();
  batch->put("batched", as_bytes("content"));
  batch->commit();
  const auto staged = store().staging()->stage({.key = "in-parts", .size = large.size()});
  staged->append(as_bytes(large));
  staged->publish("in-parts", Condition::absent());
  store().copy("unprotected", "copied", Condition::absent());
  for (const char* key : {"written", "batched", "in-parts", "copied"}) EXPECT_EQ(of({key}), wanted) << key;
  EXPECT_EQ(of({"unprotected"}), Retention{});
  EXPECT_EQ(of(write("free")), Retention{}) << "the rule does not speak of it";
  retention().adopt_retention({});
  EXPECT_EQ(of(write("later")), Retention{}) << "there is no rule any more";
}

TEST_F(S3Retention, is_set_where_an_upload_was_begun_without_it) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::on), "upload-dates");
  const std::string large(std::size_t{9} << 20, 'x');
  store().staging()->stage({.key = "k", .size = large.size()})->append(as_bytes(large));
  rule(governed(in_days(1)));
  const auto resumed = store().staging()->stage({.key = "k", .size = large.size(), .resume_since = Time{}});
  resumed->append(as_bytes(large));
  resumed->publish("k", Condition::absent());
  EXPECT_EQ(of({"k"}).mode, Mode::governance);
}

TEST_F(S3Retention, is_said_of_each_object_in_order_and_absent_where_there_is_none) {
  rule(governed(in_days(1)));
  const std::vector<ObjectVersion> objects{write("b"), {"absent"}, write("free"), {"b"}};
  const auto found = retention().find_retained(objects);
  ASSERT_TRUE(found[0] && !found[1] && found[2] && found[3]);
  EXPECT_EQ(found[0]->info.key, "b");
  EXPECT_EQ(found[3]->info.version, objects[0].version);
  EXPECT_EQ(found[3]->retention, found[0]->retention);
  EXPECT_TRUE(found[0]->retention.protects_at(SystemClock().now()));
  EXPECT_FALSE(found[0]->retention.protects_at(in_days(2)));
  EXPECT_FALSE(found[2]->retention.protects_at(SystemClock().now()));
}

TEST_F(S3Retention, of_what_is_there_becomes_longer_and_never_shorter) {
  rule(governed(in_days(2)));
  write("k");
  const Retention longer = governed(in_days(30));
  rule(longer);
  const std::vector<ObjectVersion> keys{{"k"}};
  EXPECT_THAT(retention().retain(keys), IsEmpty());
  EXPECT_EQ(of({"k"}), longer);
  rule(governed(in_days(1)));
  EXPECT_THAT(retention().retain(keys), IsEmpty());
  EXPECT_EQ(of({"k"}), longer);
  retention().adopt_retention({});
  EXPECT_THAT(retention().retain(keys), IsEmpty());
  EXPECT_EQ(of({"k"}), longer);
}

TEST_F(S3Retention, is_set_on_what_was_not_protected) {
  write("k");
  write("held");
  rule(complied(in_days(1)));
  const std::vector<ObjectVersion> keys{{"k"}, {"absent"}};
  EXPECT_THAT(retention().retain(keys), ElementsAre(ObjectVersion{"absent"}));
  EXPECT_EQ(of({"k"}).mode, Mode::compliance);
  rule({.mode = Mode::none, .until = {}, .legal_hold = true});
  const std::vector<ObjectVersion> held{{"held"}, {"k"}};
  EXPECT_THAT(retention().retain(held), IsEmpty());
  EXPECT_TRUE(of({"held"}).legal_hold);
  EXPECT_TRUE(of({"k"}).legal_hold);
  EXPECT_EQ(of({"k"}).mode, Mode::compliance) << "a hold comes beside it";
}

TEST_F(S3Retention, becomes_as_long_where_the_service_does_not_let_it_become_as_strict) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::on), "object-lock");
  rule(governed(in_days(1)));
  write("k");
  const Time until = in_days(30);
  rule(complied(until));
  const std::vector<ObjectVersion> keys{{"k"}};
  EXPECT_THAT(retention().retain(keys), ElementsAre(ObjectVersion{"k"}));
  EXPECT_EQ(of({"k"}), governed(until));
}

TEST_F(S3Retention, outlasts_whoever_writes_or_removes_under_the_same_key) {
  rule(governed(in_days(1)));
  const ObjectVersion first = write("k", "first");
  retention().adopt_retention({});
  write("k", "second");
  store().remove("k", Condition::none());
  EXPECT_FALSE(store().find("k"));
  EXPECT_EQ(read(first), "first");
  EXPECT_EQ(of(first).mode, Mode::governance);
  EXPECT_TRUE(retention().remove_version(first, Bypass::no));
  EXPECT_EQ(read(first), "first");
}

TEST_F(S3Retention, of_a_hold_outlasts_them_too) {
  rule({.mode = Mode::none, .until = {}, .legal_hold = true});
  const ObjectVersion first = write("k", "first");
  retention().adopt_retention({});
  write("k", "second");
  EXPECT_TRUE(of(first).legal_hold);
  EXPECT_TRUE(retention().remove_version(first, Bypass::yes));
  EXPECT_EQ(read(first), "first");
}

TEST_F(S3Retention, of_governance_yields_to_who_may_bypass_it_and_says_so) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::on), "object-lock");
  const Retention wanted = governed(in_days(10));
  rule(wanted);
  const ObjectVersion object = write("k");
  const Retention shorter = governed(in_days(1));
  const auto refusal = retention().change_retention(object, shorter, Bypass::no);
  ASSERT_TRUE(refusal);
  EXPECT_NE(*refusal, "");
  EXPECT_EQ(of(object), wanted);
  EXPECT_FALSE(retention().change_retention(object, shorter, Bypass::yes)) << "this user may do everything";
  EXPECT_EQ(of(object), shorter);
  EXPECT_FALSE(retention().remove_version(object, Bypass::yes));
  EXPECT_FALSE(store().find("k"));
}

TEST_F(S3Retention, of_compliance_yields_to_nobody) {
  UNIO_NEEDS_OF(s3_server_lacks(S3Bucket::Versions::on), "object-lock");
  const Retention wanted = complied(in_days(10));
  rule(wanted);
  const ObjectVersion object = write("k");
  for (const Bypass bypass : {Bypass::no, Bypass::yes}) {
    EXPECT_TRUE(retention().change_retention(object, complied(in_days(1)), bypass));
    EXPECT_TRUE(retention().change_retention(object, governed(in_days(20)), bypass));
    EXPECT_TRUE(retention().remove_version(object, bypass));
  }
  EXPECT_EQ(of(object), wanted);
}

TEST(S3RetentionOfPlainBuckets, is_not_asked_of_a_service_that_would_take_the_question_for_the_object) {
  S3Bucket bucket(S3Bucket::Versions::on);
  S3Store s3(bucket.client(), bucket.name(), "");
  ObjectStore& store = s3;
  store.write("k", as_bytes("content"), Condition::none());
  store.retention()->adopt_retention([](std::string_view) { return governed(in_days(1)); });
  const std::vector<ObjectVersion> keys{{"k"}};
  EXPECT_UNIO_ERROR(store.retention()->retain(keys), unsupported);
  EXPECT_UNIO_ERROR(store.retention()->change_retention({"k"}, governed(in_days(1)), Bypass::no),
                    unsupported);
  EXPECT_EQ(read_object(store, "k"), "content");
  EXPECT_ANY_THROW(store.write("other", as_bytes("content"), Condition::none()));
}

}  // namespace
}  // namespace unio::test
