#include "base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace unio::test {
namespace {

TEST(Error, says_the_outer_step_first) {
  try {
    in_context("push a/b", [] {
      in_context("write the manifest",
                 [] { throw Error(ErrorCode::no_space, "the store is full", "make room"); });
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "push a/b: write the manifest: the store is full");
    EXPECT_EQ(error.message(), "the store is full");
    EXPECT_EQ(error.hint(), "make room");
    EXPECT_EQ(error.context(), (std::vector<std::string>{"write the manifest", "push a/b"}));
    EXPECT_EQ(error.code(), ErrorCode::no_space);
  }
}

TEST(Error, in_context_gives_back_what_the_body_gives) {
  int value = 1;
  int& same = in_context("step", [&]() -> int& { return value; });
  EXPECT_EQ(&same, &value);
}

TEST(Error, has_a_row_in_the_table_for_every_code) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < error_codes().size(); ++i) {
    const ErrorCodeInfo& row = error_codes()[i];
    EXPECT_EQ(static_cast<std::size_t>(row.code), i);
    EXPECT_EQ(&info(row.code), &row);
    names.insert(row.name);
    // 0 and 1 are answers, not failures.
    EXPECT_GT(row.exit_code, 1);
    EXPECT_GE(row.http_status, 400);
  }
  EXPECT_EQ(names.size(), error_codes().size());
  EXPECT_EQ(info(ErrorCode::cancelled).exit_code, 130);
}

TEST(Error, takes_the_code_from_errno) {
  EXPECT_EQ(error_from_errno(ENOENT, "read 'x'").code(), ErrorCode::not_found);
  EXPECT_EQ(error_from_errno(EACCES, "read 'x'").code(), ErrorCode::permission_denied);
  EXPECT_EQ(error_from_errno(EROFS, "write 'x'").code(), ErrorCode::permission_denied);
  EXPECT_EQ(error_from_errno(EEXIST, "create 'x'").code(), ErrorCode::already_exists);
  EXPECT_EQ(error_from_errno(ENOSPC, "write 'x'").code(), ErrorCode::no_space);
  EXPECT_EQ(error_from_errno(EDQUOT, "write 'x'").code(), ErrorCode::no_space);
  EXPECT_EQ(error_from_errno(ELOOP, "open 'x'").code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_from_errno(EIO, "read 'x'").code(), ErrorCode::unavailable);
}

TEST(Error, writes_the_systems_reason_behind_the_action) {
  EXPECT_EQ(error_from_errno(ENOENT, "read 'x'").message(), "read 'x': no such file or directory");
}

TEST(Check, throws_internal_with_the_place) {
  EXPECT_NO_THROW(check(true, "two is two"));
  try {
    check(false, "two is three");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::internal);
    EXPECT_NE(error.message().find("error_test.cpp"), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace
}  // namespace unio::test
