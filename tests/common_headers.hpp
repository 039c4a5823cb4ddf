// What most tests include, precompiled like cmake/common_headers.hpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
