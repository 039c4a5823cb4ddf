#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/error.hpp"

namespace unio::test {

/// What came of `body`: the name of the code of its Error, or "no error".
inline std::string error_name(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(info(error.code()).name);
  }
  return "no error";
}

}  // namespace unio::test

/// Expects that `statement` throws an Error with ErrorCode::`expected`.
#define EXPECT_UNIO_ERROR(statement, expected) \
  EXPECT_EQ(::unio::test::error_name([&] { static_cast<void>(statement); }), #expected)
