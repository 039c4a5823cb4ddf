#include "model/repository_versions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/expect_error.hpp"

namespace unio::test {
namespace {

/// The versions of lazyscribe's own test data, one more in the second of the last, and one name that expires.
class RepositoryVersions : public testing::Test {
 protected:
  RepositoryVersions() {
    for (const char* created : {"2025-01-13T14:23:40Z", "2025-01-13T14:23:51Z", "2025-01-13T14:23:54.5Z",
                                "2025-01-13T14:24:08.25Z", "2025-01-13T14:24:08.75Z"})
      add("test", created, {});
    add("old", "2025-01-01T00:00:00Z", parse_time("2025-02-01T00:00:00Z"));
    add("old", "2025-01-02T00:00:00Z", parse_time("2025-01-03T00:00:00Z"));
  }

  void add(const std::string& name, const std::string& created, std::optional<Time> expiry) {
    index_.append({.name = name,
                   .handler = "json",
                   .file_name = "f",
                   .created = parse_time(created),
                   .expiry = expiry});
  }

  std::int64_t found(const std::string& name, const VersionWanted& wanted,
                     const std::string& now = "2030-01-01") {
    return index_.versions()[resolve_version(index_, name, wanted, parse_time_span(now).first)].version;
  }
  std::int64_t exact(const std::string& text) { return found("test", VersionWanted::parse(text)); }
  std::int64_t as_of(const std::string& text, const std::string& name = "test") {
    return found(name, VersionWanted::parse(text, Match::as_of));
  }

  RepositoryIndex index_;
};

TEST_F(RepositoryVersions, newest_is_the_default) {
  EXPECT_EQ(found("test", {}), 4);
}

TEST_F(RepositoryVersions, are_found_by_number_from_either_end) {
  EXPECT_EQ(exact("0"), 0);
  EXPECT_EQ(exact("v3"), 3);
  EXPECT_EQ(exact("-1"), 4);
  EXPECT_EQ(exact("-5"), 0);
  for (const char* none : {"5", "-6", "v99"}) EXPECT_UNIO_ERROR(exact(none), not_found) << none;
}

TEST_F(RepositoryVersions, are_found_by_the_exact_time_however_it_is_written) {
  for (const char* time : {"2025-01-13T14:23:51", "2025-01-13 14:23:51", "2025-01-13T14:23:51Z",
                           "2025-01-13T15:23:51+01:00", "2025-01-13T14:23:51.000000"})
    EXPECT_EQ(exact(time), 1) << time;
  EXPECT_EQ(exact("2025-01-13T14:23:54"), 2);
  EXPECT_EQ(exact("2025-01-13T14:24:08.75"), 4);
  EXPECT_UNIO_ERROR(exact("2025-01-13T14:23:54.000000"), not_found);
  EXPECT_UNIO_ERROR(exact("2025-01-13T14:23:52"), not_found);
}

TEST_F(RepositoryVersions, of_one_second_are_told_apart_and_never_mixed_up) {
  EXPECT_UNIO_ERROR(exact("2025-01-13T14:24:08"), invalid_argument);
  EXPECT_UNIO_ERROR(exact("2025-01-13"), invalid_argument);
}

TEST_F(RepositoryVersions, as_of_a_time_are_the_newest_that_were_there) {
  EXPECT_EQ(as_of("2025-01-13T14:23:40"), 0);
  EXPECT_EQ(as_of("2025-01-13T14:23:52"), 1);
  EXPECT_EQ(as_of("2025-01-13T14:23:54"), 2);
  EXPECT_EQ(as_of("2025-01-13T14:23:54.4"), 1);
  EXPECT_EQ(as_of("2025-01-13"), 4);
  EXPECT_EQ(as_of("2099-01-01"), 4);
  EXPECT_UNIO_ERROR(as_of("2025-01-13T14:23:39"), not_found);
  EXPECT_UNIO_ERROR(as_of("3"), invalid_argument);
}

TEST_F(RepositoryVersions, as_of_a_time_go_back_behind_those_that_were_expired_then) {
  EXPECT_EQ(as_of("2025-01-02", "old"), 1);
  EXPECT_EQ(as_of("2025-01-02T23:59:59", "old"), 1);
  EXPECT_EQ(as_of("2025-01-03T00:00:00", "old"), 0);
  EXPECT_UNIO_ERROR(as_of("2025-02-01", "old"), failed_precondition);
}

TEST_F(RepositoryVersions, that_are_all_expired_are_refused_with_the_reason_and_can_be_forced) {
  EXPECT_EQ(found("old", {}, "2025-01-02"), 1);
  EXPECT_EQ(found("old", {}, "2025-01-03"), 0);
  try {
    found("old", {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::failed_precondition);
    EXPECT_EQ(error.message(), "all versions of \"old\" are expired: version 1 since 2025-01-03T00:00:00Z");
  }
  EXPECT_EQ(resolve_version(index_, "old", {}, parse_time("2030-01-01T00:00:00Z"), Expired::allow), 6U);
  EXPECT_EQ(found("old", VersionWanted::parse("1")), 1);
  EXPECT_UNIO_ERROR(check_not_expired(index_.versions()[6], parse_time("2025-01-03T00:00:00Z")),
                    failed_precondition);
  EXPECT_NO_THROW(check_not_expired(index_.versions()[6], parse_time("2025-01-02T00:00:00Z")));
}

TEST_F(RepositoryVersions, of_an_unknown_name_are_not_found_and_a_near_one_is_named) {
  try {
    found("tset", {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.hint(), testing::HasSubstr("\"test\""));
  }
}

TEST(VersionWanted, refuses_what_is_neither_number_nor_time) {
  for (const char* text : {"", "latest", "v", "v-1", "1.5", "2025-13-01", "2025-01-01T", "2025-01-01T00:00",
                           "2025-01-01T00:00:00+2", "99999999999999999999", "YYYY-MM-DDTHH:MM:SS"})
    EXPECT_UNIO_ERROR(VersionWanted::parse(text), invalid_argument) << text;
}

}  // namespace
}  // namespace unio::test
