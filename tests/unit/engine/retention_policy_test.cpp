#include "engine/retention_policy.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "support/expect_error.hpp"

namespace unio::test {
namespace {

using Mode = Retention::Mode;

TEST(RetentionPolicies, say_until_when_an_object_is_protected) {
  const Time now = time_from_unix_seconds(1'800'000'000) + std::chrono::microseconds(1);
  const Time until = time_from_unix_seconds(1'800'003'600) + std::chrono::days(30);
  EXPECT_EQ(RetentionPolicy::make("governance", 30).at(now),
            (Retention{.mode = Mode::governance, .until = until, .legal_hold = false}))
      << "whole hours, and never less than was asked for";
  EXPECT_EQ(RetentionPolicy::make("compliance", 30).at(now).mode, Mode::compliance);
  EXPECT_EQ(RetentionPolicy::make("legal-hold", 0).at(now),
            (Retention{.mode = Mode::none, .until = {}, .legal_hold = true}));
  EXPECT_EQ(RetentionPolicy::make("none", 0).at(now), Retention{});
}

TEST(RetentionPolicies, read_what_they_write) {
  for (const RetentionPolicy& policy :
       {RetentionPolicy::make("governance", 1), RetentionPolicy::make("compliance", 36500),
        RetentionPolicy::make("legal-hold", 0), RetentionPolicy{}}) {
    EXPECT_EQ(parse_policy(policy_json(policy)), policy) << policy.text();
  }
  EXPECT_EQ(policy_json(RetentionPolicy::make("governance", 30)).dump(),
            "{\"mode\":\"governance\",\"days\":30}");
  EXPECT_EQ(policy_json(RetentionPolicy::make("legal-hold", 0)).dump(), "{\"mode\":\"legal-hold\"}");
}

TEST(RetentionPolicies, are_told_to_people) {
  EXPECT_EQ(RetentionPolicy::make("governance", 30).text(), "governance for 30 days");
  EXPECT_EQ(RetentionPolicy::make("compliance", 1).text(), "compliance for 1 day");
  EXPECT_EQ(RetentionPolicy::make("legal-hold", 0).text(), "legal-hold");
}

TEST(RetentionPolicies, refuse_days_that_do_not_go_with_the_mode) {
  EXPECT_UNIO_ERROR(RetentionPolicy::make("governance", 0), invalid_argument);
  EXPECT_UNIO_ERROR(RetentionPolicy::make("compliance", -1), invalid_argument);
  EXPECT_UNIO_ERROR(RetentionPolicy::make("compliance", 36501), invalid_argument);
  EXPECT_UNIO_ERROR(RetentionPolicy::make("legal-hold", 1), invalid_argument);
  EXPECT_UNIO_ERROR(RetentionPolicy::make("none", 1), invalid_argument);
  EXPECT_UNIO_ERROR(RetentionPolicy::make("GOVERNANCE", 1), invalid_argument);
}

TEST(RetentionPolicies, of_a_registry_that_are_not_understood_are_not_taken_for_none) {
  for (const char* json :
       {"{}", "[]", "null", "{\"mode\":1}", "{\"mode\":\"forever\"}", "{\"mode\":\"governance\"}",
        "{\"mode\":\"governance\",\"days\":\"30\"}", "{\"mode\":\"governance\",\"days\":1e9}",
        "{\"mode\":\"legal-hold\",\"days\":3}"}) {
    EXPECT_UNIO_ERROR(parse_policy(Json::parse(json)), unsupported) << json;
  }
}

}  // namespace
}  // namespace unio::test
